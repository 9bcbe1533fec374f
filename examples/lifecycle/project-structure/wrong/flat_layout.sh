mkdir -p gauges tests
touch gauges/__init__.py
echo 'import gauges' > tests/check.py
python -m tests.check
echo 'passed'
