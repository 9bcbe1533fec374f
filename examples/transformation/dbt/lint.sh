sqlfluff lint dbt
