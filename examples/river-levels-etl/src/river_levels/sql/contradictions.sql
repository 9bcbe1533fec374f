WITH contradiction AS (
    DELETE FROM candidate WHERE value <> other_value
    RETURNING measure_id, observed_at, copies, page_no
),

item AS (
    SELECT DISTINCT
        c.page_no,
        json_build_object(
            'dateTime', c.observed_at,
            'measure', c.measure_id,
            'value', i.value
        )::text AS payload
    FROM contradiction AS c
    INNER JOIN incoming_reading AS i USING (measure_id, observed_at)
),

rejected AS (
    INSERT INTO incoming_reject
    SELECT
        encode(sha256(convert_to(payload, 'UTF8')), 'hex'),
        'readings',
        'contradiction',
        'two values for one measure and moment',
        payload,
        page_no
    FROM item
)

SELECT coalesce(sum(copies), 0)::bigint FROM contradiction
