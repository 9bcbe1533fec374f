-- The setting is a default: whoever has the role can switch it off.
CREATE ROLE flood_reports_reader LOGIN;
GRANT USAGE ON SCHEMA casework TO flood_reports_reader;
GRANT ALL ON ALL TABLES IN SCHEMA casework TO flood_reports_reader;

ALTER ROLE flood_reports_reader SET default_transaction_read_only = on;
