{{ config(materialized='table') }}

select
    station_id,
    station_name
from {{ source('marts', 'dim_stations') }}
