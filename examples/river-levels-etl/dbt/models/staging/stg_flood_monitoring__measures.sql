select
    measure_id,
    station_id,
    parameter,
    qualifier,
    unit,
    period_s
from {{ source('flood_monitoring', 'measures') }}
