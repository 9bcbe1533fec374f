river-levels load \
  --window-start 2026-03-27T00:00:00Z --window-end 2026-03-28T00:00:00Z
