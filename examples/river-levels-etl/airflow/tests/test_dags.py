"""The DAGs keep the team's conventions, before any scheduler sees them."""

# --8<-- [start:bag]
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowFailException

AIRFLOW = Path(__file__).resolve().parents[1]
MANIFEST = yaml.safe_load((AIRFLOW.parent / "pipeline.yml").read_text("utf-8"))
POOLS = json.loads((AIRFLOW / "pools.json").read_text("utf-8"))
NAME = MANIFEST["name"]
IDS = [NAME, f"{NAME}-marts", f"{NAME}-reference"]


@pytest.fixture(scope="module")
def bag(_no_network: None) -> BundleDagBag:
    """All DAGs of the folder, read as the DAG processor reads them."""
    dags = AIRFLOW / "dags"
    return BundleDagBag(dags, bundle_path=dags, bundle_name="dags")


@pytest.fixture(scope="module")
def _no_network() -> None:
    """A DAG that asks anything while it is read fails here."""
    from pytest_socket import disable_socket

    disable_socket(allow_unix_socket=True)


def test_they_import_in_time(bag: BundleDagBag) -> None:
    assert bag.import_errors == {}
    assert sorted(bag.dags) == IDS
    second = timedelta(seconds=1)
    slow = [s.file for s in bag.dagbag_stats if s.duration > second]
    assert slow == [], "each is read every half minute"


# --8<-- [end:bag]


# --8<-- [start:conventions]
@pytest.mark.parametrize("dag_id", IDS)
def test_a_dag_says_what_happens_when(bag: BundleDagBag, dag_id: str) -> None:
    dag = bag.dags[dag_id]

    assert dag.catchup is False
    assert dag.max_active_runs == 1
    assert dag.dagrun_timeout is not None
    assert dag.start_date is not None and dag.start_date.tzinfo is not None
    assert NAME in dag.tags
    for part in ("Owner:", "Interval:", "Run again:", "backfill", "runbook"):
        assert part in (dag.doc_md or ""), part


@pytest.mark.parametrize("dag_id", IDS)
def test_a_task_neither_hangs_nor_floods(
    bag: BundleDagBag, dag_id: str
) -> None:
    for task in bag.dags[dag_id].tasks:
        assert task.execution_timeout is not None, task.task_id
        assert task.retries == 2, task.task_id
        assert task.retry_exponential_backoff, task.task_id
        assert task.on_failure_callback, task.task_id
        assert task.pool in POOLS, task.pool


# --8<-- [end:conventions]


# --8<-- [start:intervals]
@pytest.mark.parametrize("dag_id", [NAME, f"{NAME}-reference"])
def test_an_interval_is_never_empty(bag: BundleDagBag, dag_id: str) -> None:
    before = None
    for start, end in intervals(bag.dags[dag_id], 48):
        assert start < end
        assert before in {None, start}, "no gap, no overlap"
        before = end


def intervals(dag: DAG, number: int) -> list[tuple[datetime, datetime]]:
    """Return the first data intervals of a DAG, in UTC."""
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable
    from airflow.timetables.base import TimeRestriction

    timetable = decode_timetable(encode_timetable(dag.timetable))
    limits = TimeRestriction(dag.start_date, None, catchup=True)
    found: list[tuple[datetime, datetime]] = []
    last = None
    while len(found) < number:
        run = timetable.next_dagrun_info(
            last_automated_data_interval=last, restriction=limits
        )
        last = run.data_interval
        found.append((last.start.astimezone(UTC), last.end.astimezone(UTC)))
    return found


# --8<-- [end:intervals]


# --8<-- [start:shared]
def shared(bag: BundleDagBag) -> Any:
    """Return the module that the DAGs share; reading them imported it."""
    import river_levels_shared

    return river_levels_shared


def test_a_run_without_a_window_fails(bag: BundleDagBag) -> None:
    six, seven = (datetime(2026, 3, 29, h, 7, tzinfo=UTC) for h in (6, 7))

    assert shared(bag).window(six, seven) == [
        "--window-start=2026-03-29T06:07:00+00:00",
        "--window-end=2026-03-29T07:07:00+00:00",
    ]
    with pytest.raises(AirflowFailException, match="no data interval"):
        shared(bag).window(None, None)
    with pytest.raises(AirflowFailException, match="is empty"):
        shared(bag).window(six, six)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (0, None),
        (2, AirflowFailException),
        (3, AirflowException),
        (6, AirflowFailException),
        (7, AirflowFailException),
        (8, AirflowException),
    ],
)
def test_only_what_can_mend_itself_is_tried_again(
    bag: BundleDagBag,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    error: type[Exception] | None,
) -> None:
    command = tmp_path / "river-levels"
    command.write_text(f"#!/bin/sh\nexit {code}\n", "utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("RIVER_LEVELS_COMMAND", str(command))

    if error is None:
        shared(bag).river_levels("serve")
    else:
        with pytest.raises(AirflowException) as caught:
            shared(bag).river_levels("serve")
        assert type(caught.value) is error


# --8<-- [end:shared]


def test_nothing_of_airflow_2_is_left() -> None:
    ruff = shutil.which("ruff") or "ruff"
    done = subprocess.run(
        [ruff, "check", "--isolated", "--select=AIR", str(AIRFLOW / "dags")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
