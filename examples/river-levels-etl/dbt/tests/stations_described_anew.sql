{{ config(severity='warn', warn_if='> 10', store_failures=true) }}

-- The gauges that the newest snapshot describes anew. A few are news; many at
-- once are a change in bulk, or a mistake, at the source.
select later.station_id
from {{ ref('snap_stations') }} as later
inner join {{ ref('snap_stations') }} as earlier
    on
        later.station_id = earlier.station_id
        and later.dbt_valid_from = earlier.dbt_valid_to
where later.dbt_valid_from = (
    select max(newest.dbt_valid_from)
    from {{ ref('snap_stations') }} as newest
)
