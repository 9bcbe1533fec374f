uv export --quiet --frozen --no-dev --no-emit-project \
  --output-file build/requirements.txt
uv pip install --quiet --target build/lambda --no-deps --require-hashes \
  --python-version 3.12 --python-platform aarch64-manylinux_2_28 \
  --requirement build/requirements.txt
uv build --quiet --wheel --out-dir build/dist
uv pip install --quiet --target build/lambda --no-deps build/dist/*.whl
python -m river_levels.package build/river-levels.zip build/lambda
