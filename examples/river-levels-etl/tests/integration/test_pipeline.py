"""The pipeline on PostgreSQL and S3: once, twice, and after a failure."""

import gzip
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import boto3
import pytest
import responses
from sqlalchemy import text

from river_levels import ledger, sql
from river_levels.database import (
    MIGRATIONS,
    database_errors,
    exclusive,
)
from river_levels.errors import (
    BusyError,
    DatabaseError,
    QualityError,
    SourceError,
    StorageError,
    TransformError,
)
from river_levels.ledger import Counts
from river_levels.pipeline import Pipeline
from river_levels.serve import to_csv
from river_levels.transform import run_dbt
from river_levels.windows import Window

COUNTS = Counts(
    read=9,
    kept=4,
    quarantined=5,
    inserted=3,
    duplicate=1,
    outside_window=1,
)


def rows(pipeline: Pipeline, query: str) -> list[tuple[Any, ...]]:
    """Run a query."""
    with pipeline.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def readings_asked(source: responses.RequestsMock) -> int:
    """How often the source was asked for readings."""
    return sum("/readings" in (c.request.url or "") for c in source.calls)


def test_session_and_log_name_the_run(
    pipeline: Pipeline, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[Any] = []
    done: list[dict[str, Any]] = []
    read = sql.read

    def read_and_look(name: str) -> str:
        query = text("SELECT application_name FROM pg_stat_activity")
        with pipeline.engine.connect() as connection:
            names.extend(connection.execute(query).scalars())
        return read(name)

    def note(event: str, extra: dict[str, Any]) -> None:
        done.append({"event": event, **extra})

    monkeypatch.setattr(sql, "read", read_and_look)
    monkeypatch.setattr("river_levels.load.log.info", note)

    pipeline.ingest(window, "run")

    [(run_id,)] = rows(pipeline, "SELECT run_id FROM ops.runs")
    assert f"river-levels-etl {run_id}" in names
    assert [(d["event"], d["run_id"]) for d in done] == [
        ("load.done", str(run_id))
    ]


def test_a_window_is_loaded_and_every_item_accounted_for(
    pipeline: Pipeline, window: Window
) -> None:
    counts, asked = pipeline.ingest(window, "test")

    assert asked
    watermark = counts.watermark
    assert watermark is not None
    assert watermark.isoformat() == "2026-03-29T02:00:00+00:00"
    assert {**vars(counts), "watermark": None} == vars(COUNTS)
    assert rows(pipeline, "SELECT count(*) FROM raw.readings") == [(3,)]
    reasons = rows(
        pipeline,
        "SELECT reason, count(*) FROM raw.quarantine"
        " WHERE dataset = 'readings' GROUP BY 1 ORDER BY 1",
    )
    assert reasons == [
        ("ambiguous_value", 2),
        ("contradiction", 2),
        ("missing_field", 1),
    ]


def test_the_second_time_nothing_changes(
    pipeline: Pipeline, window: Window
) -> None:
    pipeline.ingest(window, "test")
    first = rows(pipeline, "SELECT * FROM raw.readings ORDER BY 1, 2")
    objects = list(s3_keys(pipeline.settings.bucket))

    counts, _ = pipeline.ingest(window, "test")

    assert (counts.inserted, counts.unchanged) == (0, 3)
    assert rows(pipeline, "SELECT * FROM raw.readings ORDER BY 1, 2") == first
    assert list(s3_keys(pipeline.settings.bucket)) == objects


def s3_keys(bucket: str) -> Iterator[str]:
    """Yield the keys of a bucket."""
    pages = boto3.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket):
        for found in page.get("Contents", []):
            yield found["Key"]


def test_a_correction_wins_and_an_old_reply_does_not_undo_it(
    pipeline: Pipeline, window: Window, source: responses.RequestsMock
) -> None:
    pipeline.ingest(window, "test")
    path = Path(__file__).parents[1] / "fixtures" / "readings_g1th.json"
    corrected = json.loads(path.read_text("utf-8"))
    corrected["items"] = [corrected["items"][0] | {"value": 0.5}]
    url = f"{pipeline.settings.api_url}/id/stations/G1TH/readings"
    source.replace("GET", url, json=corrected)
    older = pipeline.store.newest_manifest(window)
    assert older is not None

    counts, _ = pipeline.ingest(window, "test")
    assert counts.corrected == 1
    value = "SELECT value FROM raw.readings ORDER BY observed_at DESC LIMIT 1"
    assert rows(pipeline, value) == [(0.5,)]

    again = pipeline._load(older, "test")
    assert again.corrected == 0
    assert rows(pipeline, value) == [(0.5,)]


def test_a_failed_load_does_not_ask_the_source_again(
    pipeline: Pipeline,
    window: Window,
    source: responses.RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*arguments: object) -> None:
        raise DatabaseError("the server is gone", "start it")

    with monkeypatch.context() as patch:
        patch.setattr("river_levels.pipeline.load", fails)
        with pytest.raises(DatabaseError):
            pipeline.ingest(window, "test")
    asked = readings_asked(source)

    counts, is_new = pipeline.ingest(window, "test")

    assert not is_new
    assert readings_asked(source) == asked
    assert counts.inserted == 3
    states = "SELECT status, error FROM ops.runs ORDER BY started_at"
    assert rows(pipeline, states) == [
        ("failed", "the server is gone - start it"),
        ("succeeded", None),
    ]


def test_a_killed_run_is_called_abandoned(
    pipeline: Pipeline, window: Window
) -> None:
    with pipeline.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO ops.runs (run_id, command, window_start,"
                " window_end, status, started_at, code_version) VALUES"
                " (gen_random_uuid(), 'run', '2026-03-01', '2026-03-02',"
                " 'running', now(), '0')"
            )
        )

    pipeline.ingest(window, "test")

    states = "SELECT status FROM ops.runs ORDER BY window_start"
    assert rows(pipeline, states) == [("abandoned",), ("succeeded",)]


def test_a_run_that_lives_is_left_alone(
    pipeline: Pipeline, window: Window
) -> None:
    with ledger.recorded(pipeline.engine, "slow", window):
        pipeline.ingest(window, "test")

        states = "SELECT command, status FROM ops.runs ORDER BY command"
        assert rows(pipeline, states) == [
            ("slow", "running"),
            ("test", "succeeded"),
        ]


def test_a_run_whose_session_is_cut_says_why_it_failed(
    pipeline: Pipeline, window: Window
) -> None:
    def cut_every_other_session() -> None:
        with pipeline.engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid()"
                )
            )

    with pytest.raises(StorageError, match="the bucket is gone"):
        with ledger.recorded(pipeline.engine, "test", window):
            cut_every_other_session()
            raise StorageError("the bucket is gone", "make it again")
    with pytest.raises(DatabaseError, match="check DATABASE_URL"):
        with ledger.recorded(pipeline.engine, "test", window):
            cut_every_other_session()

    pipeline.ingest(window, "test")

    states = "SELECT status FROM ops.runs ORDER BY started_at"
    assert rows(pipeline, states) == [
        ("abandoned",),
        ("abandoned",),
        ("succeeded",),
    ]


def test_too_many_bad_rows_fail_the_load_and_are_kept(
    pipeline: Pipeline,
    window: Window,
    source: responses.RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("river_levels.load.FEW_ROWS", 2)
    with pytest.raises(
        QualityError, match=r"3 of 9 readings are bad \(2 ambiguous_value"
    ):
        pipeline.settings.max_quarantine_share = 0.1
        pipeline.ingest(window, "test")

    assert rows(pipeline, "SELECT count(*) FROM raw.readings") == [(0,)]
    assert rows(pipeline, "SELECT count(*) FROM raw.quarantine") == [(4,)]
    assert rows(pipeline, "SELECT status FROM ops.runs") == [("rejected",)]

    asked = readings_asked(source)
    pipeline.settings.max_quarantine_share = 0.9
    pipeline.ingest(window, "test")
    assert readings_asked(source) > asked, (
        "a rejected reply is asked for again"
    )


def test_what_was_not_extracted_cannot_be_loaded(
    pipeline: Pipeline, window: Window
) -> None:
    with pytest.raises(StorageError, match="was never extracted"):
        pipeline.load(window)

    pipeline.extract(window)

    assert pipeline.load(window).inserted == 3


def test_a_damaged_object_is_refused(
    pipeline: Pipeline, window: Window
) -> None:
    manifest = pipeline.extract(window)
    for body in (gzip.compress(b'{"items": []}'), b"no gzip"):
        boto3.client("s3").put_object(
            Bucket=pipeline.settings.bucket,
            Key=manifest.objects[1].key,
            Body=body,
        )
        with pytest.raises(StorageError, match=r"json\.gz is damaged"):
            pipeline.load(window)


def test_an_object_that_is_no_list_is_refused(
    pipeline: Pipeline, window: Window
) -> None:
    manifest = pipeline.extract(window)
    key, sha256 = pipeline.store.put_reply("readings", window, b"{}")
    changed = vars(manifest.objects[-1]) | {"key": key, "sha256": sha256}
    objects = (type(manifest.objects[-1])(**changed),)
    later = manifest.fetched_at + timedelta(seconds=1)
    pipeline.store.put_manifest(window, later, objects)

    with pytest.raises(SourceError, match="stored reply cannot be read"):
        pipeline.load(window)


def test_a_backfill_goes_on_where_it_was_stopped(
    pipeline: Pipeline, source: responses.RequestsMock
) -> None:
    window = Window.parse("2026-03-28", "2026-03-30")
    parts = pipeline.backfill(window, timedelta(days=1))
    assert next(parts)[1] is not None
    parts.close()
    asked = readings_asked(source)

    done = dict(pipeline.backfill(window, timedelta(days=1)))

    first, second = window.split(timedelta(days=1))
    assert done[first] is None
    assert done[second] is not None
    assert readings_asked(source) == asked + 2
    again = pipeline.backfill(window, timedelta(days=1), again=True)
    assert next(again)[1] is not None
    assert rows(pipeline, "SELECT count(*) FROM raw.readings") == [(4,)]
    assert rows(pipeline, "SELECT count(*) FROM marts.fct_readings") == [(4,)]


def test_the_marts_serve_what_was_read_to_the_reader_role(
    pipeline: Pipeline, window: Window
) -> None:
    result = pipeline.run(window)

    assert result.extracted
    assert result.exported
    day = rows(
        pipeline,
        "SELECT station_name, highest, readings, expected_readings,"
        " is_above_typical_range FROM serving.river_levels_daily",
    )
    assert [(n, float(h), r, e, a) for n, h, r, e, a in day] == [
        ("Upper Gauge", 1.0, 3, 92, False)
    ]
    assert not pipeline.serve(), "an unchanged export is not written again"
    with pipeline.engine.connect() as connection:
        connection.execute(text("SET ROLE river_levels_ro"))
        with pytest.raises(DatabaseError, match="permission denied"):
            with database_errors():
                connection.execute(text("SELECT * FROM raw.readings"))


def test_a_dbt_failure_names_the_model(
    pipeline: Pipeline, window: Window
) -> None:
    pipeline.ingest(window, "test")
    with pipeline.engine.begin() as connection:
        connection.execute(text("DROP TABLE raw.measures"))

    with pytest.raises(TransformError, match="stg_flood_monitoring__measures"):
        pipeline.transform("--select", "staging")
    with pytest.raises(TransformError, match="dbt nonsense failed: No such"):
        run_dbt(pipeline.settings, "nonsense")


NEWEST = """
    SELECT DISTINCT ON (measure_id) measure_id, observed_at, value
    FROM marts.fct_readings WHERE parameter = 'level' AND is_plausible
    ORDER BY measure_id, observed_at DESC
"""


def test_tests_look_at_what_is_new_and_readers_get_the_newest(
    pipeline: Pipeline, window: Window
) -> None:
    pipeline.ingest(window, "run")
    pipeline.transform()
    served = "SELECT measure_id, observed_at, value FROM serving.{}"
    assert rows(pipeline, served.format("latest_river_levels")) == rows(
        pipeline, NEWEST
    )

    def add(name: str, loaded_at: str) -> None:
        """Add 21 readings from a future that nobody has measured."""
        with pipeline.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO raw.readings SELECT :name, timestamptz"
                    " '2126-01-01' + n * interval '1 hour', 1, now(), 0, 0,"
                    " CAST(:loaded_at AS timestamptz)"
                    " FROM generate_series(1, 21) AS n"
                ),
                {"name": name, "loaded_at": loaded_at},
            )

    staging = ("--select", "stg_flood_monitoring__readings")
    add("old", "2026-03-30")
    assert "fail" not in pipeline.transform(*staging).statuses
    everything = ("--vars", "{tested_when_new: []}")
    with pytest.raises(TransformError, match="not_after_stg_flood"):
        pipeline.transform(*staging, *everything)
    add("new", "2126-01-01")
    for _ in range(2):
        with pytest.raises(TransformError, match="not_after_stg_flood"):
            pipeline.transform(*staging)


def test_dbt_leaves_the_environment_as_it_was(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "db.example")
    monkeypatch.delenv("PGPORT", raising=False)

    with pytest.raises(TransformError):
        run_dbt(pipeline.settings, "nonsense")

    assert os.environ["PGHOST"] == "db.example"
    assert "PGPORT" not in os.environ


def test_one_build_at_a_time(pipeline: Pipeline) -> None:
    with exclusive(pipeline.engine, "transform", 0):
        with pytest.raises(BusyError, match="holds the lock 'transform'"):
            pipeline.transform()


def test_a_lock_is_waited_for(pipeline: Pipeline) -> None:
    with exclusive(pipeline.engine, "a", 0):
        second = exclusive(pipeline.engine, "a", 0.3)
        with pytest.raises(BusyError):
            second.__enter__()


def test_the_migrations_go_back_and_forth(pipeline: Pipeline) -> None:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with pipeline.engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.command.downgrade(config, "base")
    pipeline.prepare()

    assert rows(pipeline, "SELECT count(*) FROM raw.readings") == [(0,)]


def test_a_spreadsheet_takes_no_text_for_a_formula() -> None:
    body = to_csv(["name", "n"], [("=HYPERLINK()", 1), ("Ewell", -2)])

    assert body.decode() == "name,n\n'=HYPERLINK(),1\nEwell,-2\n"
