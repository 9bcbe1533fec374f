CREATE TABLE thresholds (station text PRIMARY KEY, high_m numeric NOT NULL);

CREATE VIEW high_days AS
SELECT station, day
FROM daily
JOIN thresholds USING (station)
WHERE max_m >= high_m;
