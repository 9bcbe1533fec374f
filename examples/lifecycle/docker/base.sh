docker buildx imagetools inspect python:3.12-slim-bookworm \
  --format '{{.Manifest.Digest}}'
