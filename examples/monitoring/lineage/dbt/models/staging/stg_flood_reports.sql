select
    report_id,
    resident_name as reporter,
    email as contact,
    uprn,
    ward,
    reported_at,
    description
from {{ source('council', 'flood_reports') }}
