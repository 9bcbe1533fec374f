DROP VIEW serving.levels;
CREATE VIEW serving.levels AS
SELECT measure_id, local_date, highest_m AS highest, as_of, data_version
FROM marts.levels;
