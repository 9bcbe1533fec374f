-- Knows what is new and what changed; what has gone stays listed for ever.
INSERT INTO raw.stations (station_id, label, is_listed, fetched_at)
SELECT
    new.station_id,
    new.label,
    true,
    %(fetched_at)s
FROM incoming_station AS new
ON CONFLICT (station_id) DO UPDATE
SET
    label = excluded.label,
    fetched_at = excluded.fetched_at
