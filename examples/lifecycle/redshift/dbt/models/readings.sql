{{ config(materialized='view', bind=false) }}

select
    measure_id,
    observed_at,
    level_m,
    measure_id || '|' || to_char(observed_at, 'YYYYMMDDHH24MI') as reading_key
from raw_data.readings
