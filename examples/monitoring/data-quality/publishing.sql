CREATE TABLE marts.levels (
    version    bigint NOT NULL,
    measure_id text NOT NULL,
    highest    double precision NOT NULL,
    PRIMARY KEY (version, measure_id)
);
CREATE TABLE ops.published (
    dataset    text PRIMARY KEY,
    version    bigint NOT NULL,
    as_of      timestamptz NOT NULL,
    blocked_by text
);
CREATE VIEW serving.levels AS
SELECT
    levels.measure_id,
    levels.highest,
    published.as_of,
    published.blocked_by IS NOT NULL AS is_held_back
FROM marts.levels AS levels
INNER JOIN ops.published AS published
    ON levels.version = published.version AND published.dataset = 'levels';
