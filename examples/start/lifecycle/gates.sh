check-jsonschema --quiet --schemafile pipeline.schema.json pipeline.yml
ruff check --quiet src tests
ruff format --quiet --check src tests
pytest --quiet tests/unit
