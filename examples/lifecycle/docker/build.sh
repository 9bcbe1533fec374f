revision="$(git rev-parse HEAD)"
docker build --platform linux/amd64 \
  --build-arg "PYTHON_DIGEST=$PYTHON_DIGEST" \
  --build-arg "REVISION=$revision" \
  --tag "$REGISTRY/river-levels-etl:$revision" .
docker push "$REGISTRY/river-levels-etl:$revision"
