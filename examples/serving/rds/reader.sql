-- As the master user. Each tool has a login of its own.
CREATE ROLE river_levels_power_bi LOGIN;
GRANT river_levels_ro TO river_levels_power_bi;
ALTER ROLE river_levels_power_bi SET statement_timeout = '2min';
ALTER ROLE river_levels_power_bi SET lock_timeout = '10s';
ALTER ROLE river_levels_power_bi
SET idle_in_transaction_session_timeout = '1min';
ALTER ROLE river_levels_power_bi SET default_transaction_read_only = on;
