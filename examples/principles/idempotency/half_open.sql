SELECT coalesce(sum(tips), 0) AS tips
FROM rain
WHERE
    observed_at >= %(start)s
    AND observed_at < %(end)s
