uv lock --upgrade-package apache-airflow
uv sync --locked
uv run --locked ruff check --select AIR dags
uv run --locked pytest
uv run --locked airflow db migrate
uv run --locked airflow db check-migrations
