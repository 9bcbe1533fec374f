INSERT INTO raw.stations AS kept
SELECT DISTINCT ON (station_id)
    station_id,
    station_reference,
    label,
    river_name,
    town,
    catchment_name,
    status,
    opened_on,
    latitude,
    longitude,
    datum_offset_m,
    typical_low_m,
    typical_high_m,
    true,
    %(fetched_at)s::timestamptz
FROM incoming_station
ORDER BY station_id, page_no
ON CONFLICT (station_id) DO UPDATE
SET
    station_reference = excluded.station_reference,
    label = excluded.label,
    river_name = excluded.river_name,
    town = excluded.town,
    catchment_name = excluded.catchment_name,
    status = excluded.status,
    opened_on = excluded.opened_on,
    latitude = excluded.latitude,
    longitude = excluded.longitude,
    datum_offset_m = excluded.datum_offset_m,
    typical_low_m = excluded.typical_low_m,
    typical_high_m = excluded.typical_high_m,
    is_listed = true,
    fetched_at = excluded.fetched_at
WHERE kept.fetched_at < excluded.fetched_at
