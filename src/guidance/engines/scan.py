"""checkov on this machine: a scanner that knows what is usually wrong in Terraform.

Its environment is a uv project of its own (``checkov/`` beside this module), because it
pins boto3; the first use installs it. It runs offline.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from guidance.engines.aws import _installed
from guidance.engines.postgres import EngineError

PROJECT = Path(__file__).with_name("checkov")
TIMEOUT_S = 300
QUIETLY = "--framework terraform --compact --quiet --skip-download --output json".split()


def failed_checks(folder: Path) -> list[tuple[str, str]]:
    """Return what checkov finds in a folder: the check and the resource.

    What ``.checkov.yaml`` in the folder says is followed; tests and copies of providers
    are not looked at.

    Raises:
        EngineError: if checkov cannot be installed, or does not answer as expected.
    """
    python = _installed(PROJECT, sys.executable)
    done = subprocess.run(
        [str(python), "-m", "checkov.main", "--directory", str(folder.resolve()), *QUIETLY],
        cwd=folder,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )
    try:
        document: Any = json.loads(done.stdout)
    except ValueError:
        raise EngineError(f"checkov: {done.stderr.strip()[-400:]}") from None
    failed = document.get("results", {}).get("failed_checks", [])
    return sorted((found["check_id"], found["resource"]) for found in failed)
