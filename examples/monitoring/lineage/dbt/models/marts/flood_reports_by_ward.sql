with counted as (
    select
        ward,
        (reported_at at time zone 'Europe/London')::date as reported_on,
        count(distinct contact) as households
    from {{ ref('stg_flood_reports') }}
    group by ward, (reported_at at time zone 'Europe/London')::date
)

select
    ward,
    reported_on,
    -- Small numbers can name a house.
    case when households >= 5 then households end as households
from counted
