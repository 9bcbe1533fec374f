-- Once, as river_levels_transform, which owns marts and serving.
CREATE TABLE marts.levels (
    measure_id text NOT NULL,
    local_date date NOT NULL,
    highest_m double precision NOT NULL,
    as_of timestamptz NOT NULL,       -- when the source was read
    data_version text NOT NULL,       -- the run that made the row
    PRIMARY KEY (measure_id, local_date)
);
CREATE INDEX ON marts.levels (local_date);  -- as readers ask

CREATE VIEW serving.levels AS
SELECT measure_id, local_date, highest_m, as_of, data_version
FROM marts.levels;
COMMENT ON VIEW serving.levels IS
'Highest level a day. Grain: one row a series and London day.';
COMMENT ON COLUMN serving.levels.highest_m IS 'Metres above datum.';
COMMENT ON COLUMN serving.levels.as_of IS 'When the source was read, UTC.';

GRANT SELECT ON serving.levels TO river_levels_ro;
