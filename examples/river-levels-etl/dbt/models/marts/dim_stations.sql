{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key='station_id',
        on_schema_change='append_new_columns',
    )
}}

-- Merged, not rebuilt: to rebuild a table, dbt drops it with CASCADE, and the
-- readers' views would go with it.
select distinct on (station_id)
    station_id,
    station_reference,
    station_name,
    river_name,
    town,
    latitude,
    longitude,
    typical_low_m,
    typical_high_m,
    dbt_valid_from as described_since,
    dbt_valid_to is null as is_listed
from {{ ref('snap_stations') }}
order by station_id asc, dbt_valid_from desc
