CREATE TABLE ops.runs (
    run_id           text PRIMARY KEY,
    command          text NOT NULL,
    window_start     timestamptz NOT NULL,
    window_end       timestamptz NOT NULL,
    status           text NOT NULL CHECK (status IN
        ('running', 'succeeded', 'failed', 'abandoned')),
    started_at       timestamptz NOT NULL,
    finished_at      timestamptz,
    code_sha         text NOT NULL,
    input_sha256     text,
    rows_read        bigint,
    rows_kept        bigint,
    rows_quarantined bigint,
    watermark        timestamptz,
    error            text,
    CHECK (window_start < window_end),
    CHECK (rows_read = rows_kept + rows_quarantined),
    CHECK ((status = 'running') = (finished_at IS NULL))
);
