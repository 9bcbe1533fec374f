-- One row a key. The same value twice is one reading seen twice; two values
-- for one key are a contradiction, which nobody may settle by guessing.
CREATE TEMPORARY TABLE candidate ON COMMIT DROP AS
SELECT
    measure_id,
    observed_at,
    min(value) AS value,
    max(value) AS other_value,
    count(*) AS copies,
    min(page_no) AS page_no
FROM incoming_reading
GROUP BY measure_id, observed_at
