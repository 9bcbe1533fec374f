UPDATE raw.stations
SET is_listed = false
WHERE
    is_listed
    AND fetched_at < %(fetched_at)s
    AND station_id NOT IN (SELECT station_id FROM incoming_station)
