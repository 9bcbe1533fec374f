{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key=['measure_id', 'observed_at'],
        full_refresh=false,
    )
}}

select
    measure_id,
    observed_at,
    round(value) as value
from {{ source('raw', 'readings') }}
