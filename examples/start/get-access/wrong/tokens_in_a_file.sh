git config --global credential.helper store
