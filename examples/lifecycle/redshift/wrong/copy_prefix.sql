COPY raw_data.readings
FROM 's3://river-levels-data-trusted-development-000000000000/levels/2026-01-1'
IAM_ROLE DEFAULT
FORMAT AS PARQUET;
