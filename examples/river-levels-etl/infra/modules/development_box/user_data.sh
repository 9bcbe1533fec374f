#!/bin/bash
# Runs once, as root, when the box is made. What is not here or in a
# repository does not come back with the next box.
set -euo pipefail

# Amazon Linux stays at the release of its image unless told otherwise. A host
# of production names the release that was tested instead.
echo latest > /etc/dnf/vars/releasever
dnf upgrade --assumeyes
dnf install --assumeyes dnf-automatic ec2-instance-connect git-core
systemctl enable --now dnf-automatic-install.timer

# uv brings the Python that a repository's .python-version asks for.
dnf install --assumeyes python3-pip
python3 -m venv /usr/local/lib/uv
/usr/local/lib/uv/bin/pip install --quiet uv
ln --symbolic --force /usr/local/lib/uv/bin/uv /usr/local/lib/uv/bin/uvx /usr/local/bin/
