ALTER TABLE stations RENAME COLUMN river TO river_name;
