export OPENLINEAGE__TRANSPORT__TYPE=file
export OPENLINEAGE__TRANSPORT__LOG_FILE_PATH=lineage.jsonl
export OPENLINEAGE__TRANSPORT__APPEND=true
export OPENLINEAGE_NAMESPACE=flood-reports

dbt-ol build --project-dir "$DBT_PROJECT" --profiles-dir "$DBT_PROJECT" \
  --target-path "$PWD/target" --log-path "$PWD/target"
