export AIRFLOW_HOME="${AIRFLOW_HOME:-$PWD/.airflow}"
export AIRFLOW__CORE__DAGS_FOLDER="$PWD/dags"
export AIRFLOW__CORE__LOAD_EXAMPLES=False
export AIRFLOW__API__HOST=127.0.0.1 # else everybody near you can reach it
# No such port: the servers of logs know no other way not to listen everywhere.
export AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT=99999
export AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT=99999
uv run --frozen airflow db migrate
uv run --frozen airflow pools import pools.json
uv run --frozen airflow standalone
