-- Release 3: when release 1 runs nowhere, and nobody wants it back.
DROP TRIGGER both_names ON stations;
DROP FUNCTION stations_both_names;
ALTER TABLE stations DROP COLUMN river;
