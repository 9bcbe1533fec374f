{{ config(materialized='view') }}

select
    measure_id,
    observed_at,
    value
from marts.fct_readings
