git rm --quiet settings.py
git commit --quiet --message "fix: remove the key"
