SELECT count(*) FROM serving.readings
WHERE observed_at >= %(range_start)s AND observed_at < %(range_end)s
