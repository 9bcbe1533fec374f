python tools/requirements.py pipeline.yml pipeline.schema.json
