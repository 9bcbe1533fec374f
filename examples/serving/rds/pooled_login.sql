-- As the master user: may become either role, and is neither by itself.
CREATE ROLE river_levels_web LOGIN;
GRANT river_levels_rbk, river_levels_lbs TO river_levels_web
WITH INHERIT FALSE, SET TRUE;
GRANT CONNECT ON DATABASE river_levels TO river_levels_web;
