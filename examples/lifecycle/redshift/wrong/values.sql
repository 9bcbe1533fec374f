INSERT INTO raw_data.readings (measure_id, observed_at, level_m, fetched_at)
VALUES ('3400TH-level', '2026-03-01 00:00:00+00', 0.441, '2026-03-01 00:07:00+00');
