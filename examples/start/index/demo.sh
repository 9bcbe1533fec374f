uv run river-levels demo
