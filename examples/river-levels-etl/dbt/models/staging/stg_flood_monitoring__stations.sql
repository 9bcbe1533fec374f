select
    station_id,
    station_reference,
    label as station_name,
    river_name,
    town,
    catchment_name,
    status,
    opened_on,
    latitude,
    longitude,
    datum_offset_m,
    typical_low_m,
    typical_high_m,
    is_listed
from {{ source('flood_monitoring', 'stations') }}
