git push --quiet origin main:feature
git switch --create feature/AB-123-longer-lookback
git push --set-upstream origin feature/AB-123-longer-lookback
