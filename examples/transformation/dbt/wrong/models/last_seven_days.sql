{{ config(materialized='table') }}

select
    measure_id,
    observed_at,
    value
from {{ source('marts', 'fct_readings') }}
where observed_at >= now() - interval '7 days'
