git switch --quiet feature/AB-123-longer-lookback
git merge --quiet --no-edit --strategy-option=ours main
git diff main -- settings.py
