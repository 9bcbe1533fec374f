CREATE OR REPLACE VIEW serving.flood_reports AS
SELECT reference, ward_code, reported_on
FROM marts.flood_reports;
GRANT SELECT ON serving.flood_reports TO river_levels_rbk, river_levels_lbs;
