dbt compile --profiles-dir . --no-populate-cache --no-introspect
