cd dbt
dbt run --select fct_readings --vars 'lookback_hours: 20000'
