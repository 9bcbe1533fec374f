git config --global user.name "$YOUR_NAME"
git config --global user.email "$YOUR_WORK_EMAIL"
git config --global credential.helper manager
git config --global pull.ff only
git config --global init.defaultBranch main
