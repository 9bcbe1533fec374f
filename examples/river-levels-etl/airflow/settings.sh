# Settings of Airflow on a server: `source settings.sh` before each command.
# No password is in here. Airflow asks Secrets Manager for what is secret.
: "${AIRFLOW_LOGS_BUCKET:?set it to the bucket of the logs}"
prefix=/river-levels-etl/airflow

export AIRFLOW__CORE__EXECUTOR=LocalExecutor
export AIRFLOW__CORE__LOAD_EXAMPLES=False
export AIRFLOW__CORE__PARALLELISM=8
export AIRFLOW__CORE__DEFAULT_TIMEZONE=utc
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False

from=airflow.providers.amazon.aws.secrets.secrets_manager
export AIRFLOW__SECRETS__BACKEND=$from.SecretsManagerBackend
export AIRFLOW__SECRETS__BACKEND_KWARGS='{
  "connections_prefix": "'$prefix'/connections",
  "variables_prefix": "'$prefix'/variables",
  "config_prefix": "'$prefix'/config"
}'
export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_SECRET=sql_alchemy_conn
export AIRFLOW__CORE__FERNET_KEY_SECRET=fernet_key
export AIRFLOW__API_AUTH__JWT_SECRET_SECRET=jwt_secret

export AIRFLOW__LOGGING__REMOTE_LOGGING=True
logs=s3://$AIRFLOW_LOGS_BUCKET/airflow
export AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER=$logs
export AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID=aws_role
export AIRFLOW_CONN_AWS_ROLE='aws://' # no keys: the machine's own role
