with readings as (
    select * from {{ ref('stg_flood_monitoring__readings') }}
),

measures as (
    select * from {{ ref('stg_flood_monitoring__measures') }}
),

bands as (
    select * from {{ ref('plausible_bands') }}
)

select
    readings.measure_id,
    measures.station_id,
    readings.observed_at,
    measures.parameter,
    measures.unit,
    readings.value,
    coalesce(
        readings.value between bands.low and bands.high, true
    ) as is_plausible,
    readings.loaded_at
from readings
left join measures on readings.measure_id = measures.measure_id
left join bands on measures.unit = bands.unit
