git switch --quiet --create task/AB-123-explain-flood-area
git add --update
git diff --staged --stat
git commit --quiet --message "docs: explain flood area"
git push --quiet --set-upstream origin HEAD
