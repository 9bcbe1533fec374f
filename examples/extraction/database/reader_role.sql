-- Run by the owner of the source. What is not named here, nobody reads.
CREATE ROLE flood_reports_reader LOGIN CONNECTION LIMIT 3;
GRANT USAGE ON SCHEMA casework TO flood_reports_reader;
GRANT SELECT (report_id, ward, uprn, depth_cm, reported_at, updated_at,
              changed_in)
    ON casework.flood_reports TO flood_reports_reader;
GRANT SELECT ON casework.visits TO flood_reports_reader;

ALTER ROLE flood_reports_reader SET default_transaction_read_only = on;
ALTER ROLE flood_reports_reader SET statement_timeout = '10min';
ALTER ROLE flood_reports_reader SET lock_timeout = '5s';
ALTER ROLE flood_reports_reader
    SET idle_in_transaction_session_timeout = '5min';
