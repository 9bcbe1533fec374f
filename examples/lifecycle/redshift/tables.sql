CREATE TABLE raw_data.readings (
    measure_id varchar(200) NOT NULL,
    observed_at timestamptz NOT NULL,
    level_m numeric(8, 3),
    fetched_at timestamptz NOT NULL,
    PRIMARY KEY (measure_id, observed_at) -- told to the planner, not enforced
)
DISTSTYLE AUTO
SORTKEY AUTO;
