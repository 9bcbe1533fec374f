-- BETWEEN takes both ends: midnight belongs to two days.
SELECT coalesce(sum(tips), 0) AS tips
FROM rain
WHERE observed_at BETWEEN %(start)s AND %(end)s
