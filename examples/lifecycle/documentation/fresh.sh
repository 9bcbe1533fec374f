python tools/documents.py .
python tools/dictionary.py . | diff --strip-trailing-cr docs/data-dictionary.md -
