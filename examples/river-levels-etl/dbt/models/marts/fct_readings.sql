{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key=['measure_id', 'observed_at'],
        on_schema_change='append_new_columns',
        full_refresh=false,
        indexes=[
            {'columns': ['measure_id', 'observed_at'], 'unique': true},
            {'columns': ['loaded_at']},
        ],
    )
}}

select
    measure_id,
    station_id,
    observed_at,
    parameter,
    unit,
    value,
    is_plausible,
    loaded_at
from {{ ref('int_readings_checked') }}
{% if is_incremental() %}
    -- What changed here since the last build, however long ago it was
    -- measured: a backfill or a late batch brings old readings.
    where loaded_at >= (
        select
            coalesce(max(done.loaded_at), '-infinity')
            - interval '{{ var("lookback_hours") }} hours'
        from {{ this }} as done
    )
{% endif %}
