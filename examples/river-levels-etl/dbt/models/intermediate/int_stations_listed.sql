-- Only what the source lists now: the snapshot closes a gauge that is absent.
select
    station_id,
    station_reference,
    station_name,
    river_name,
    town,
    catchment_name,
    status,
    opened_on,
    latitude,
    longitude,
    datum_offset_m,
    typical_low_m,
    typical_high_m
from {{ ref('stg_flood_monitoring__stations') }}
where is_listed
