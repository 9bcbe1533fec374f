ruff check
ruff format --check
mypy
