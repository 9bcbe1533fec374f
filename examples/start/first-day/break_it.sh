sed -i 's/moment < self.end/moment <= self.end/' src/river_levels/windows.py
pytest --quiet --no-header --tb=no tests/unit/test_windows.py
