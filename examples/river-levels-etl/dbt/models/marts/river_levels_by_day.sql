{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key=['measure_id', 'local_date'],
        on_schema_change='append_new_columns',
        indexes=[
            {'columns': ['measure_id', 'local_date'], 'unique': true},
            {'columns': ['loaded_at']},
        ],
    )
}}

-- A day is rebuilt whole when any reading of it changed.
with changed as (
    select distinct
        measure_id,
        (observed_at at time zone 'Europe/London')::date as local_date
    from {{ ref('fct_readings') }}
    where
        parameter = 'level'
        {% if is_incremental() %}
            and loaded_at >= (
                select
                    coalesce(max(done.loaded_at), '-infinity')
                    - interval '{{ var("lookback_hours") }} hours'
                from {{ this }} as done
            )
        {% endif %}
)

select
    changed.measure_id,
    changed.local_date,
    min(readings.station_id) as station_id,
    min(readings.unit) as unit,
    min(readings.value) filter (where readings.is_plausible) as lowest,
    avg(readings.value) filter (where readings.is_plausible) as average,
    max(readings.value) filter (where readings.is_plausible) as highest,
    count(*) as readings,
    count(*) filter (where not readings.is_plausible) as implausible,
    {{ quarters_of_day('changed.local_date') }} as expected_readings,
    max(readings.loaded_at) as loaded_at
from changed
inner join {{ ref('fct_readings') }} as readings
    on
        changed.measure_id = readings.measure_id
        and readings.observed_at >= {{ london_midnight('changed.local_date') }}
        and readings.observed_at
        < {{ london_midnight('changed.local_date + 1') }}
group by changed.measure_id, changed.local_date
