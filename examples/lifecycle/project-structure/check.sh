python tools/structure.py .
