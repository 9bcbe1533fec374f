cd dbt
dbt source freshness  # fails if the load has not run
dbt build             # seeds, models, snapshots and tests, in order
