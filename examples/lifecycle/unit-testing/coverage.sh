coverage run -m pytest tests/unit --durations=5
coverage report --include='*/flood_reports.py' --fail-under=90
coverage report --fail-under=80
