-- Release 2: what was there before. In batches, if there are millions.
UPDATE stations SET river_name = river
WHERE river_name IS NULL AND river IS NOT NULL;
