{{
    config(
        materialized='incremental',
        incremental_strategy='microbatch',
        event_time='observed_at',
        begin='2026-01-01',
        batch_size='day',
        lookback=2,
        unique_key=['measure_id', 'observed_at'],
        full_refresh=false,
    )
}}

select
    measure_id,
    observed_at,
    value
from {{ source('raw', 'readings') }}
