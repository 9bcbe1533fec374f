uv pip install --quiet --target build/lambda orjson
cp -R src/river_levels build/lambda/
python -m river_levels.package build/river-levels.zip build/lambda
