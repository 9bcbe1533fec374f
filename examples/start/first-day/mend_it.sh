git restore src
git status --short
