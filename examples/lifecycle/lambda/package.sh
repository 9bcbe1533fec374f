uv export --quiet --frozen --no-dev --no-emit-project \
  --output-file build/requirements.txt
uv pip install --quiet --target build/lambda --no-deps --require-hashes \
  --python-version 3.12 --python-platform aarch64-manylinux_2_28 \
  --requirement build/requirements.txt
cp -R src/river_levels build/lambda/
python -m river_levels.package build/river-levels.zip build/lambda
