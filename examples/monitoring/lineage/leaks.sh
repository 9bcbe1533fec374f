python tools/origins.py target/manifest.json
