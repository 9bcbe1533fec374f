mkdir -p src/gauges tests
touch src/gauges/__init__.py
echo 'import gauges' > tests/check.py
python -m tests.check
