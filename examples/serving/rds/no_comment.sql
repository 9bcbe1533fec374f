SELECT c.relname AS view, a.attname AS column_without_comment
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
INNER JOIN pg_attribute AS a ON c.oid = a.attrelid AND a.attnum > 0
WHERE n.nspname = 'serving' AND col_description(c.oid, a.attnum) IS NULL
ORDER BY 1, 2
