CREATE VIEW serving.latest_levels AS
SELECT * FROM marts.readings;
