{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key=['measure_id', 'observed_at'],
        incremental_predicates=[
            'dbt_internal_dest.observed_at > current_date - 7',
        ],
    )
}}

select
    measure_id,
    observed_at,
    value
from {{ source('raw', 'readings') }}
