-- Reaches the tables of today; tomorrow's are closed again.
GRANT SELECT ON ALL TABLES IN SCHEMA serving TO river_levels_ro;
