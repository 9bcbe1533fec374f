CREATE TEMP TABLE readings_new (LIKE raw_data.readings);

COPY readings_new
FROM 's3://river-levels-data-trusted-development-000000000000/manifests/a.json'
IAM_ROLE DEFAULT
FORMAT AS PARQUET
MANIFEST;
