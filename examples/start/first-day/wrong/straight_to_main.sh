git commit --quiet --all --message "some changes"
git push --quiet origin main
