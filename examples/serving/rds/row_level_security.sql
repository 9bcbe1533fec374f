-- As the master user: one role a borough; logins are members of one.
CREATE ROLE river_levels_rbk NOLOGIN;
CREATE ROLE river_levels_lbs NOLOGIN;
GRANT CONNECT ON DATABASE river_levels
TO river_levels_rbk, river_levels_lbs;
GRANT USAGE ON SCHEMA marts, serving TO river_levels_rbk, river_levels_lbs;

SET ROLE river_levels_transform;
CREATE TABLE marts.flood_reports (
    reference text PRIMARY KEY,
    borough text NOT NULL CHECK (borough IN ('RBK', 'LBS')),
    ward_code text NOT NULL,
    reported_on date NOT NULL
);
ALTER TABLE marts.flood_reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE marts.flood_reports FORCE ROW LEVEL SECURITY;  -- the owner too
CREATE POLICY builds ON marts.flood_reports
TO river_levels_transform USING (true) WITH CHECK (true);
CREATE POLICY kingston ON marts.flood_reports
FOR SELECT TO river_levels_rbk USING (borough = 'RBK');
CREATE POLICY sutton ON marts.flood_reports
FOR SELECT TO river_levels_lbs USING (borough = 'LBS');
GRANT SELECT ON marts.flood_reports TO river_levels_rbk, river_levels_lbs;
