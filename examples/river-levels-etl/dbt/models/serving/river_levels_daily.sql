select
    by_day.local_date,
    stations.station_name,
    stations.river_name,
    by_day.station_id,
    by_day.measure_id,
    by_day.unit,
    round(by_day.lowest::numeric, 3) as lowest,
    round(by_day.average::numeric, 3) as average,
    round(by_day.highest::numeric, 3) as highest,
    -- The usual range is above the gauge's own datum: no other compares.
    case
        when by_day.unit = 'mASD' then by_day.highest > stations.typical_high_m
    end as is_above_typical_range,
    by_day.readings::integer as readings,
    by_day.expected_readings
from {{ ref('river_levels_by_day') }} as by_day
left join {{ ref('dim_stations') }} as stations
    on by_day.station_id = stations.station_id
