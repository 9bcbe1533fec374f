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
    loaded_at
from {{ source('raw', 'readings') }}
{% if is_incremental() %}
    where loaded_at >= (
        select max(done.loaded_at) - interval '1 hour'
        from {{ this }} as done
    )
{% endif %}
