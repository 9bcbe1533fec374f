-- Release 2: the new column beside the old one. Release 1 still runs.
ALTER TABLE stations ADD COLUMN river_name text;

CREATE FUNCTION stations_both_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'INSERT' THEN
        NEW.river := coalesce(NEW.river, NEW.river_name);
        NEW.river_name := coalesce(NEW.river_name, NEW.river);
    ELSIF NEW.river IS DISTINCT FROM OLD.river THEN
        NEW.river_name := NEW.river;
    ELSIF NEW.river_name IS DISTINCT FROM OLD.river_name THEN
        NEW.river := NEW.river_name;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER both_names BEFORE INSERT OR UPDATE ON stations
FOR EACH ROW EXECUTE FUNCTION stations_both_names();
