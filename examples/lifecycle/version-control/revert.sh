bad=$(git log --format=%h --grep='^feat: guess' origin/main)
git switch main
git pull --ff-only
git revert --no-edit "$bad"
git push
