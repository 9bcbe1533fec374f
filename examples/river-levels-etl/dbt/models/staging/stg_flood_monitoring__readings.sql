select
    measure_id,
    observed_at,
    value,
    fetched_at,
    loaded_at
from {{ source('flood_monitoring', 'readings') }}
