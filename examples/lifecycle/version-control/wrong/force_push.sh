git switch main
git reset --hard HEAD~1
git push --force
