{{ config(materialized='incremental') }}

select
    measure_id,
    observed_at,
    value,
    loaded_at
from {{ source('raw', 'readings') }}
{% if is_incremental() %}
    where loaded_at > (
        select coalesce(max(done.loaded_at), '-infinity')
        from {{ this }} as done
    )
{% endif %}
