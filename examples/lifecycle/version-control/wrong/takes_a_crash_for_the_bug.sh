git switch --quiet main
git bisect start HEAD v1
git bisect run python -B check.py > bisect.log 2>&1
git show --no-patch --format='first bad: %s' refs/bisect/bad
git bisect reset
