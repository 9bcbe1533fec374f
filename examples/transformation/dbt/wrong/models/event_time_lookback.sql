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
    value
from {{ source('raw', 'readings') }}
{% if is_incremental() %}
    where observed_at >= (
        select
            coalesce(max(done.observed_at), '-infinity')
            - interval '3 days'
        from {{ this }} as done
    )
{% endif %}
