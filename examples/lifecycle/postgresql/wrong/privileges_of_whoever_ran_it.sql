-- Without FOR ROLE, this speaks of tables that the person who runs it makes.
ALTER DEFAULT PRIVILEGES IN SCHEMA serving
GRANT SELECT ON TABLES TO river_levels_ro;
