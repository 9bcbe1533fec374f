CREATE TABLE ops.lineage (
    origin        text NOT NULL,
    target        text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    PRIMARY KEY (origin, target)
);
