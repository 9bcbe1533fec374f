# In git-practice. Both sides changed neighbouring lines of settings.py.
git switch --quiet feature/AB-123-longer-lookback
git merge main || git diff --diff-filter=U
# In real life you edit here: keep what each side meant.
printf 'LOOKBACK_HOURS = 72\nREAD_TIMEOUT_S = 60\n' > settings.py
git diff --check
git add settings.py
git commit --quiet --no-edit
git diff main -- settings.py
