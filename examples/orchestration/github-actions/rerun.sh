gh workflow run scheduled.yml --ref main \
  -f window-start=2026-03-20 -f window-end=2026-03-23 -f again=true
