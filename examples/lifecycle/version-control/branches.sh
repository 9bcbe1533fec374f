# Branches that are not merged, the oldest first.
git fetch --quiet --prune
git for-each-ref --sort=committerdate --no-merged=origin/main \
  --format='%(committerdate:short) %(refname:lstrip=3)' refs/remotes/origin
