git switch main
git pull --ff-only
git switch --create feature/AB-123-longer-lookback
# Edit and test. Then, as often as you like:
git add settings.py
git commit --message 'feat(extract): look back three days'
git push --set-upstream origin feature/AB-123-longer-lookback
