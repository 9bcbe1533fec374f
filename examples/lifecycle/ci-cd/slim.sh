dbt build --project-dir dbt --profiles-dir dbt \
  --select state:modified+ --defer --state "$PWD/production"
