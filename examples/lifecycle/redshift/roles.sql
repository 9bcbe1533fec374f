CREATE ROLE river_levels_ro;
GRANT USAGE ON SCHEMA serving TO ROLE river_levels_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA serving TO ROLE river_levels_ro;
GRANT ROLE river_levels_ro TO "IAMR:FloodAnalystRole";
