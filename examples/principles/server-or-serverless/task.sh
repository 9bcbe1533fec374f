river-levels extract \
  --window-start 2026-03-27T02:00:00Z --window-end 2026-03-27T03:00:00Z
river-levels load \
  --window-start 2026-03-27T02:00:00Z --window-end 2026-03-27T03:00:00Z
