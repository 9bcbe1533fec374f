export AIRFLOW_HOME="${AIRFLOW_HOME:-$PWD/.airflow}"
export AIRFLOW__CORE__DAGS_FOLDER="$PWD/dags"
export AIRFLOW__CORE__LOAD_EXAMPLES=False
export AIRFLOW__API__HOST=127.0.0.1 # else everybody near you can reach it
export PYTHONPATH="$PWD/local" # what else would listen everywhere
uv run --frozen airflow db migrate
uv run --frozen airflow pools import pools.json
uv run --frozen airflow standalone
