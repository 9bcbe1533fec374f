select distinct on (readings.measure_id)
    readings.measure_id,
    readings.station_id,
    stations.station_name,
    stations.river_name,
    readings.observed_at,
    readings.value,
    readings.unit
from {{ ref('fct_readings') }} as readings
left join {{ ref('dim_stations') }} as stations
    on readings.station_id = stations.station_id
where readings.parameter = 'level' and readings.is_plausible
order by readings.measure_id asc, readings.observed_at desc
