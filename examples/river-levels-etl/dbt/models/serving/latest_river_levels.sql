-- The days are a hundredth of the readings, and they know which one is the
-- newest. Without them, every look would sort the whole history.
with newest as (
    select
        measure_id,
        max(local_date) as local_date
    from {{ ref('river_levels_by_day') }}
    where highest is not null
    group by measure_id
)

select
    readings.measure_id,
    readings.station_id,
    stations.station_name,
    stations.river_name,
    readings.observed_at,
    readings.value,
    readings.unit
from newest
inner join lateral (
    select one.*
    from {{ ref('fct_readings') }} as one
    where
        one.measure_id = newest.measure_id
        and one.observed_at >= {{ london_midnight('newest.local_date') }}
        and one.observed_at < {{ london_midnight('newest.local_date + 1') }}
        and one.parameter = 'level'
        and one.is_plausible
    order by one.observed_at desc
    limit 1
) as readings on true
left join {{ ref('dim_stations') }} as stations
    on readings.station_id = stations.station_id
