# In git-practice. It worked at v1, now check.py fails: since when?
git switch --quiet main
git bisect start HEAD v1
git bisect run sh -c 'python -B -c "import lookback" || exit 125
  python -B check.py' > bisect.log 2>&1
git show --no-patch --format='first bad: %s' refs/bisect/bad
git bisect reset
