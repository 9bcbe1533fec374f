{{ config(enabled=var('planted', false), materialized='table') }}

select
    ward,
    reported_at,
    lower(contact) as marker_label
from {{ ref('stg_flood_reports') }}
