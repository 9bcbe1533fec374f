-- FOR ROLE is the point: privileges follow whoever makes the table.
ALTER DEFAULT PRIVILEGES FOR ROLE river_levels_owner
GRANT USAGE ON SCHEMAS TO river_levels_rw, river_levels_transform;
ALTER DEFAULT PRIVILEGES FOR ROLE river_levels_owner
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO river_levels_rw;
ALTER DEFAULT PRIVILEGES FOR ROLE river_levels_owner
GRANT SELECT ON TABLES TO river_levels_transform;
ALTER DEFAULT PRIVILEGES FOR ROLE river_levels_transform IN SCHEMA serving
GRANT SELECT ON TABLES TO river_levels_ro;
