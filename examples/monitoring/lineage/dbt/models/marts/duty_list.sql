select
    report_id,
    reporter,
    contact,
    ward,
    reported_at
from {{ ref('stg_flood_reports') }}
