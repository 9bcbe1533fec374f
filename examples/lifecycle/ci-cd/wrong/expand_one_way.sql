ALTER TABLE stations ADD COLUMN river_name text;
