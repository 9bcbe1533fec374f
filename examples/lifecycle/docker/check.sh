python tools/dockerfile_check.py .
