"""Proofs of docs/serving/power-bi.md."""

import datetime as dt
import http.server
import itertools
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
import requests
import yaml

from guidance.evidence import load_example, regions, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES, ROOT

HERE = "serving/power-bi"
MODEL = EXAMPLES / HERE / "river-levels.SemanticModel" / "definition"
LONDON = ZoneInfo("Europe/London")


def check() -> Any:
    """Load the check of models."""
    return load_example(f"{HERE}/model_check.py")


def read_by_the_check(*paths: Path) -> None:
    """Note that our check read these files; it refuses what the twins show."""
    for path in paths:
        ref = path.relative_to(ROOT).as_posix()
        sha256 = regions.find(ref).sha256
        RECORDER.proof(Proof(ref, sha256, Level.VALIDATED, "model_check.py, our own"))


def changed(tmp_path: Path, file: str, change: Callable[[str], str]) -> Path:
    """Copy the model and change one file of it."""
    folder = tmp_path / f"model-{len(list(tmp_path.iterdir()))}"
    shutil.copytree(MODEL, folder)
    path = folder / file
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    return folder


# --- the model ---------------------------------------------------------------------------


@pytest.mark.rule("PBI-1", "PBI-9")
def test_a_model_reads_serving_and_imports(tmp_path: Path) -> None:
    faults_of = check().faults

    def is_sound(source: Path) -> None:
        folder = changed(tmp_path, "tables/RiverLevels.tmdl", lambda _: source.read_text())
        found = list(faults_of(folder))
        assert found == [], "; ".join(found)

    good, bad = MODEL / "tables/RiverLevels.tmdl", EXAMPLES / HERE / "wrong/quick_report.tmdl"
    twins(is_sound, good=good, bad=bad, harm="read serving, not marts.fct_readings")
    read_by_the_check(good, bad)
    said = list(check().faults_of(bad.read_text("utf-8")))
    assert said == [
        "import, or write down why it queries directly",
        "take the server from a parameter",
        "read serving, not marts.fct_readings",
        "filter < RangeEnd: an end that belongs to both doubles",
        "write a measure, and summarizeBy: none",
    ]


@pytest.mark.rule("PBI-4")
def test_no_credential_is_in_the_model(tmp_path: Path) -> None:
    folder = changed(
        tmp_path, "expressions.tmdl", lambda text: text.replace("Database =", "Password =")
    )

    assert list(check().faults(folder)) == [
        "expressions.tmdl: keep credentials in the gateway"
    ]


@pytest.mark.rule("PBI-7")
def test_a_model_without_a_filtered_role_is_named(tmp_path: Path) -> None:
    folder = changed(tmp_path, "roles.tmdl", lambda text: text.replace("tablePerm", "#"))

    assert list(check().faults(MODEL)) == []
    assert list(check().faults(folder)) == ["roles.tmdl: add a role with a filter"]
    read_by_the_check(MODEL / "roles.tmdl")


@pytest.mark.rule("PBI-10")
def test_facts_meet_in_dimensions_only(tmp_path: Path) -> None:
    faults_of = check().faults

    def is_a_star(source: Path) -> None:
        folder = changed(
            tmp_path, "relationships.tmdl", lambda text: text + "\n" + source.read_text()
        )
        found = list(faults_of(folder))
        assert found == [], "; ".join(found)

    good, bad = (
        EXAMPLES / HERE / "river-levels.SemanticModel/definition/relationships.tmdl",
        EXAMPLES / HERE / "wrong/filters_both_ways.tmdl",
    )
    harm = "FloodReports is a fact on both ends; .*RiverLevels filters both ways"
    twins(is_a_star, good=good, bad=bad, harm=harm)
    read_by_the_check(good, bad)


@pytest.mark.rule("PBI-10")
def test_the_calendar_is_ours(tmp_path: Path) -> None:
    no_time = changed(tmp_path, "model.tmdl", lambda text: text.replace("= 0", "= 1"))
    no_mark = changed(
        tmp_path, "tables/Calendar.tmdl", lambda text: text.replace("dataCategory", "note")
    )

    assert list(check().faults(no_time)) == ["model.tmdl: switch auto date/time off"]
    assert list(check().faults(no_mark)) == ["model.tmdl: mark a date table"]


@pytest.mark.rule("PBI-12")
def test_every_view_that_a_model_reads_has_an_exposure() -> None:
    ref = f"examples/{HERE}/exposures.yml"
    exposures = yaml.safe_load((ROOT / ref).read_text("utf-8"))["exposures"]
    exposed = {name.split("'")[1] for one in exposures for name in one["depends_on"]}

    assert check().views_of(MODEL) == exposed
    assert all(one["owner"]["name"] for one in exposures)
    tool = f"PyYAML {yaml.__version__} and the model's views"
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, tool))


# --- incremental refresh -----------------------------------------------------------------


def test_the_windows_touch_and_cover_everything() -> None:
    partitions = load_example(f"{HERE}/partitions.py").partitions
    first = dt.date(2023, 11, 15)

    for ahead in range(0, 3 * 365, 7):  # clock changes and a leap day among them
        today = dt.date(2023, 12, 1) + dt.timedelta(days=ahead)
        found = list(partitions(first, today, 10))
        assert found[0][0] == dt.datetime(2023, 11, 15, tzinfo=dt.UTC)
        assert found[-1][1].date() == today + dt.timedelta(days=1)
        assert all(a[1] == b[0] for a, b in itertools.pairwise(found))
        assert all(start < end for start, end in found)
        days = [end - start for start, end in found[-11:]]
        assert set(days) == {dt.timedelta(days=1)}
    with pytest.raises(ValueError, match="is within the last 10 days"):
        list(partitions(first, first, 10))


@pytest.mark.rule("PBI-5")
def test_each_row_is_in_one_partition(database_url: str) -> None:
    partitions = load_example(f"{HERE}/partitions.py").partitions
    windows = list(partitions(dt.date(2026, 3, 1), dt.date(2026, 3, 31), 5))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA serving")
        connection.execute(
            "CREATE VIEW serving.readings AS SELECT observed_at FROM generate_series("
            "'2026-03-01T00:00Z'::timestamptz, '2026-03-31T23:45Z', '15 min') observed_at"
        )
        found = connection.execute("SELECT count(*) FROM serving.readings").fetchone()
        assert found == (31 * 96,)

        def is_each_row_once(name: str) -> None:
            query = (EXAMPLES / HERE / name).read_text("utf-8").rstrip("\n")
            rows = 0
            for start, end in windows:
                bounds = {"range_start": start, "range_end": end}
                counted = connection.execute(query, bounds).fetchone()
                assert counted is not None
                rows += counted[0]
            assert rows == 31 * 96, f"{rows - 31 * 96} rows are there twice"

        twins(
            is_each_row_once,
            good="one_partition.sql",
            bad="wrong/both_ends.sql",
            harm=f"{len(windows) - 1} rows are there twice",
        )


@pytest.mark.rule("PBI-5")
def test_midnight_in_london_is_another_moment() -> None:
    partitions = load_example(f"{HERE}/partitions.py").partitions
    edges = [start for start, _ in partitions(dt.date(2026, 5, 1), dt.date(2026, 8, 1), 3)]

    assert {edge.hour for edge in edges} == {0}
    assert {edge.astimezone(LONDON).hour for edge in edges} == {1}


# --- refresh -------------------------------------------------------------------------------


class Service:
    """Power BI's REST API, as far as a refresh goes.

    Built from the shapes that Microsoft documents; see the page's facts.
    """

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.post_status = 202
        self.history: list[dict[str, Any]] = [
            {"requestId": "of-the-schedule", "refreshType": "Scheduled", "status": "Completed"}
        ]
        self.seen: list[tuple[str, str]] = []
        self.url = ""

    def post(self) -> tuple[int, dict[str, str], Any]:
        """Accept a refresh, or refuse it."""
        if self.post_status == 429:
            return 429, {"Retry-After": "3600"}, {}
        if self.post_status != 202:
            error = {"error": {"code": "RefreshInProgressException"}}
            return self.post_status, {}, error
        return 202, {"x-ms-request-id": "ours"}, None

    def get(self, top: int) -> tuple[int, dict[str, str], Any]:
        """Return the history, newest first; each look moves time on."""
        ours = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        entry = {"requestId": "ours", "refreshType": "ViaApi", **ours}
        late = [] if ours.get("not_listed_yet") else [entry]
        return 200, {}, {"value": [*late, *self.history][:top]}


@contextmanager
def running(service: Service) -> Iterator[Service]:
    """Serve it on 127.0.0.1."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self, status: int, headers: dict[str, str], body: Any) -> None:
            raw = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            service.seen.append(("POST", str(self.headers["Authorization"])))
            self._answer(*service.post())

        def do_GET(self) -> None:
            service.seen.append(("GET", str(self.headers["Authorization"])))
            self._answer(*service.get(int(self.path.rpartition("=")[2])))

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        service.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()


COMPLETED = [{"status": "Unknown"}, {"status": "Unknown"}, {"status": "Completed"}]
ERROR = json.dumps({"errorCode": "ModelRefreshFailed_CredentialsNotSpecified"})
FAILED = [{"status": "Unknown"}, {"status": "Failed", "serviceExceptionJson": ERROR}]
LISTED_LATE = [{"status": "", "not_listed_yet": True}, *FAILED]


def refreshed(refresh: Any, answers: list[dict[str, Any]], **settings: Any) -> list[str]:
    """Refresh a model whose history goes like this; return the methods that were called."""
    module = load_example(f"{HERE}/refresh.py")
    service = Service()
    service.answers = [dict(answer) for answer in answers]
    for name, value in settings.items():
        setattr(service, name, value)
    tokens = iter(f"token-{number}" for number in range(1000))
    with running(service), requests.Session() as session:
        model = module.Model(session, lambda: next(tokens), "groups/w/datasets/m", service.url)
        refresh(model, poll_s=1, sleep=lambda _: None)
    bearers = [bearer for _, bearer in service.seen]
    assert len(set(bearers)) == len(bearers), "each request asks for a token that is valid"
    return [method for method, _ in service.seen]


@pytest.mark.rule("PBI-6")
@pytest.mark.parametrize(
    ("wrong", "answers"),
    [("accepted_is_not_done", FAILED), ("newest_entry", LISTED_LATE)],
)
def test_a_failed_refresh_fails_the_run(wrong: str, answers: list[dict[str, Any]]) -> None:
    module = load_example(f"{HERE}/refresh.py")

    def tells_the_truth(refresh: Any) -> None:
        said = "done"
        try:
            refreshed(refresh, answers)
        except Exception as error:
            said = str(error)
        expected = "ModelRefreshFailed_CredentialsNotSpecified"
        assert expected in said, f"the run says {said}, the refresh failed"

    twins(
        tells_the_truth,
        good=lambda model, **options: module.refresh(model, 10, **options),
        bad=load_example(f"{HERE}/wrong/{wrong}.py").refresh,
        harm="the run says done, the refresh failed",
    )


@pytest.mark.rule("PBI-6")
def test_it_waits_until_the_rows_are_there() -> None:
    refresh = load_example(f"{HERE}/refresh.py").refresh

    assert refreshed(refresh, COMPLETED) == ["POST", "GET", "GET", "GET"]
    newest = load_example(f"{HERE}/wrong/newest_entry.py").refresh
    with pytest.raises(RuntimeError, match="Failed"):
        refreshed(newest, FAILED)  # it works while its entry is the newest


@pytest.mark.parametrize(
    ("answers", "settings", "says"),
    [
        (COMPLETED, {"post_status": 429}, "too many refreshes: wait 3600 s"),
        (COMPLETED, {"post_status": 400}, "refused: 400 .*RefreshInProgress"),
        ([{"status": "Disabled"}], {}, "refresh ours: Disabled"),
        ([{"status": "Unknown"}], {}, "refresh ours runs longer than 10 s"),
    ],
)
def test_what_goes_wrong_is_said(
    answers: list[dict[str, Any]], settings: dict[str, Any], says: str
) -> None:
    module = load_example(f"{HERE}/refresh.py")

    with pytest.raises(Exception, match=says) as raised:
        refreshed(
            lambda model, **options: module.refresh(model, 10, **options), answers, **settings
        )

    assert type(raised.value).__name__ == "RefreshFailed"
