{{ config(materialized='view') }}

select
    station_id,
    station_name
from {{ ref('gauges_rebuilt') }}
