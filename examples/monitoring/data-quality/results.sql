CREATE TABLE ops.check_results (
    run_id      uuid NOT NULL,
    check_name  text NOT NULL,
    gate        text NOT NULL,
    severity    text NOT NULL CHECK (severity IN ('block', 'warn', 'inform')),
    dataset     text NOT NULL,
    window_end  timestamptz NOT NULL,
    found       integer NOT NULL CHECK (found >= 0),
    examples    text NOT NULL,
    PRIMARY KEY (run_id, check_name)
);
