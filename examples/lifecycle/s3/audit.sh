python audit.py river-levels-data-raw-development-000000000000
