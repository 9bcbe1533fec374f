CREATE TEMPORARY TABLE incoming_reading (
    measure_id  text,
    observed_at timestamptz,
    value       double precision,
    page_no     integer
) ON COMMIT DROP;

CREATE TEMPORARY TABLE incoming_station (
    LIKE raw.stations,
    page_no integer
) ON COMMIT DROP;
ALTER TABLE incoming_station DROP COLUMN is_listed, DROP COLUMN fetched_at;

CREATE TEMPORARY TABLE incoming_measure (
    LIKE raw.measures,
    page_no integer
) ON COMMIT DROP;
ALTER TABLE incoming_measure DROP COLUMN is_listed, DROP COLUMN fetched_at;

CREATE TEMPORARY TABLE incoming_reject (
    item_hash text,
    dataset   text,
    reason    text,
    detail    text,
    payload   text,
    page_no   integer
) ON COMMIT DROP;
