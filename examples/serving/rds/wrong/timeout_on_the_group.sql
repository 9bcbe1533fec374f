CREATE ROLE river_levels_power_bi LOGIN;
GRANT river_levels_ro TO river_levels_power_bi;
ALTER ROLE river_levels_ro SET statement_timeout = '2min';
