{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key=['measure_id', 'observed_at'],
    )
}}

select
    measure_id,
    observed_at,
    value,
    unit
from {{ source('marts', 'fct_readings') }}
