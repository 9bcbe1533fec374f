uv pip install --quiet --target build/lambda orjson
uv build --quiet --wheel --out-dir build/dist
uv pip install --quiet --target build/lambda --no-deps build/dist/*.whl
python -m river_levels.package build/river-levels.zip build/lambda
