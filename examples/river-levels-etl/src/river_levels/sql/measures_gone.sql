UPDATE raw.measures
SET is_listed = false
WHERE
    is_listed
    AND fetched_at < %(fetched_at)s
    AND measure_id NOT IN (SELECT measure_id FROM incoming_measure)
