{{ config(materialized='view') }}

select
    by_day.local_date,
    by_day.measure_id,
    stations.station_name,
    by_day.highest
from {{ source('marts', 'river_levels_by_day') }} as by_day
left join {{ source('marts', 'dim_stations') }} as stations
    on by_day.station_id = stations.station_id
