"""Proofs of docs/monitoring/logging.md.

The alarm that Terraform plans is the alarm that LocalStack evaluates here, with a shorter
period. LocalStack also sends what it decides; moto only stores alarms, which a test asserts.
"""

import contextlib
import functools
import importlib.metadata
import io
import json
import logging
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import boto3
import jsonschema
import psycopg
import pytest
from botocore.client import BaseClient

from guidance.engines import AwsEngine, EngineError, environment, localstack
from guidance.engines.aws import moto
from guidance.engines.postgres import (
    bundled_binaries,
    create_database,
    drop_database,
    with_database,
)
from guidance.engines.replay import World
from guidance.engines.terraform import Plan, Workspace
from guidance.evidence import assert_output, load_example, prove_plan, regions, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES
from river_levels.logs import JsonFormatter, set_up

HERE = "monitoring/logging"
FOLDER = EXAMPLES / HERE
RUN_ID = "scheduled__2026-03-29T01:07:00+00:00"
SETTINGS = {
    "environment": "development",
    "runbook_url": "https://example.org/river-levels-etl/docs/runbook.md",
}
RUNBOOK = (EXAMPLES / "river-levels-etl/docs/runbook.md").read_text("utf-8")
HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
HOGSMILL = "3390TH-level-stage-i-15_min-mASD"

type Make = Callable[..., Workspace]


def pair(good: str, wrong: str) -> dict[str, ModuleType]:
    """Load an example and its counter-example."""
    return {
        "good": load_example(f"{HERE}/{good}.py"),
        "bad": load_example(f"{HERE}/wrong/{wrong}.py"),
    }


def text_of(name: str) -> str:
    """Return an example's text."""
    return (FOLDER / name).read_text("utf-8")


def validated(name: str) -> None:
    """Note that this schema was used, and rejects what is wrong."""
    ref = f"examples/{HERE}/{name}"
    tool = f"jsonschema {importlib.metadata.version('jsonschema')}"
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, tool))


# --- LOG-1: lines ---------------------------------------------------------------------

RESIDENT = {"name": "Robin Example", "email": "robin@example.org", "value": None}
ITEMS = [{"value": 0.436}, {"value": 0.441}, RESIDENT]


def logged(module: Any, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the lines of a load, as the reference pipeline writes them."""
    load_example(f"{HERE}/begin.py").begin(RUN_ID, "2f1c9ab")
    assert module.load("flood_reports", ITEMS) == 2
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.rule("LOG-1")
def test_a_line_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads(text_of("line.schema.json"))

    def answers(module: Any) -> None:
        lines = logged(module, capsys)
        found = [line for line in lines if line.get("rows_quarantined", 0) > 0]
        assert len(found) == 1, f"{len(found)} lines say that rows were quarantined"
        jsonschema.validate(found[0], schema)
        shown = json.dumps(found[0] | {"ts": "2026-03-29T01:12:04+00:00", "duration_ms": 812})
        assert_output(f"examples/{HERE}/line.out", shown.replace(', "', ',\n "'))

    twins(
        answers,
        **pair("load_step", "words_without_fields"),
        harm="0 lines say that rows were quarantined",
    )
    for wrong in ({"ts": "2026-03-29T02:12:04+01:00"}, {"item": {}}, {"run_id": ""}):
        line = logged(load_example(f"{HERE}/load_step.py"), capsys)[0] | wrong
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(line, schema)
    validated("line.schema.json")


@pytest.mark.rule("LOG-1")
def test_no_payload_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    def says_nothing_of_people(module: Any) -> None:
        text = json.dumps(logged(module, capsys))
        assert "robin@example.org" not in text, "a resident's e-mail stands in the log"

    twins(
        says_nothing_of_people,
        **pair("load_step", "logs_the_payload"),
        harm="a resident's e-mail stands in the log",
    )


def test_an_exception_is_logged_without_its_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up("INFO", pipeline="river-levels-etl")
    try:
        raise ValueError(f"no number: {RESIDENT}")
    except ValueError:
        logging.getLogger("river_levels.load").exception("load.failed")

    line = json.loads(capsys.readouterr().err)
    assert line["exception"] == "ValueError" and "robin" not in json.dumps(line)
    assert line["at"][0].startswith("test_an_exception_is_logged")


# --- LOG-11: redaction ----------------------------------------------------------------

PLANTED = {
    "robin@example.org": "[e-mail]",
    "07700 900123": "[phone]",
    "020 7946 0018": "[phone]",
    "QQ 12 34 56 C": "[NI number]",
    "ZZ99 3VZ": "[postcode]",
}


def written(module: Any, say: Callable[[logging.Logger], object]) -> str:
    """Return what a child of a redacted logger writes."""
    parent = logging.getLogger(f"redaction.{uuid.uuid4().hex}")
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonFormatter())
    parent.addHandler(handler)
    parent.setLevel("INFO")
    parent.propagate = False
    module.add_to(parent)
    say(parent)
    say(parent.getChild("load"))
    return text.getvalue()


@pytest.mark.rule("LOG-11")
def test_what_children_log_is_redacted_too() -> None:
    def shows_no_email(module: Any) -> None:
        text = written(module, lambda log: log.info("sent to %s", "robin@example.org"))
        shown = text.count("robin@example.org")
        assert shown == 0, f"{shown} of 2 lines show the e-mail: the one of the child"

    twins(
        shows_no_email,
        **pair("redaction", "filter_on_the_logger"),
        harm="1 of 2 lines show the e-mail: the one of the child",
    )


@pytest.mark.rule("LOG-11")
def test_planted_personal_data_is_redacted_wherever_it_stands() -> None:
    module = load_example(f"{HERE}/redaction.py")
    nested = {"contacts": [{"who": person} for person in PLANTED], "many": tuple(PLANTED)}

    for person, label in PLANTED.items():
        text = written(module, lambda log, p=person: log.info("x", extra={"note": f"a {p} b"}))
        assert text.count(f"a {label} b") == 2, text
    text = written(module, lambda log: log.info("x", extra=nested))
    assert not [person for person in PLANTED if person in text]
    text = written(module, lambda log: log.info("load.done", extra={"rows": 2400, "m": 0.436}))
    assert '"rows": 2400' in text and "[" not in text, "numbers stay"
    text = written(module, lambda log: log.info("at 2026-03-29T01:12:04+00:00, 3390TH"))
    assert "[" not in text, "times and gauges stay"
    key = "raw/window_start=20260328T000000Z/b14a307ad32431ff11dc690b94afe078289e6fa2.json.gz"
    assert key in written(module, lambda log: log.info(key)), "keys and hashes stay"


# --- LOG-2, LOG-3: the ledger ---------------------------------------------------------


@pytest.fixture(scope="module")
def ledger_url(postgres_url: str) -> Iterator[str]:
    """A database with the ledger of the page, and a table that refuses at commit."""
    name = f"test_log_{uuid.uuid4().hex[:8]}"
    create_database(postgres_url, name)
    url = with_database(postgres_url, name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("""
            CREATE SCHEMA ops; CREATE SCHEMA raw;
            CREATE TABLE raw.gauges (gauge text PRIMARY KEY);
            INSERT INTO raw.gauges VALUES ('3390TH');
            CREATE TABLE raw.levels (
                gauge text REFERENCES raw.gauges DEFERRABLE INITIALLY DEFERRED,
                level_m double precision
            )
        """)
    yield url
    drop_database(postgres_url, name)


@pytest.fixture
def connection(ledger_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection, the ledger and the table empty."""
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS ops.runs; TRUNCATE raw.levels")
        connection.execute(text_of("runs.sql"))
        yield connection


@pytest.mark.rule("LOG-2")
def test_the_ledger_says_succeeded_only_if_the_rows_are_there(
    connection: psycopg.Connection[Any],
) -> None:
    def tells_the_truth(module: Any) -> None:
        connection.execute("TRUNCATE ops.runs, raw.levels")
        with contextlib.suppress(psycopg.Error):
            module.load(connection, "bad", [("3390TH", 0.4), ("unknown", 0.5)])
        [(status, rows)] = connection.execute(
            "SELECT status, (SELECT count(*) FROM raw.levels) FROM ops.runs"
        ).fetchall()
        assert status == "failed", f"the ledger says {status}, and {rows} rows are there"

    twins(
        tells_the_truth,
        **pair("ledger", "success_before_commit"),
        harm="the ledger says succeeded, and 0 rows are there",
    )
    load_example(f"{HERE}/ledger.py").load(connection, "good", [("3390TH", 0.4)])
    [row] = connection.execute(
        "SELECT status, rows_read, error FROM ops.runs WHERE run_id = 'good'"
    ).fetchall()
    assert row == ("succeeded", 1, None)


@pytest.mark.rule("LOG-2")
def test_the_ledger_refuses_sums_that_do_not_hold(connection: psycopg.Connection[Any]) -> None:
    start = (
        "INSERT INTO ops.runs (run_id, command, window_start, window_end, status, started_at,"
        " finished_at, code_sha, rows_read, rows_kept, rows_quarantined)"
        " VALUES ('a', 'load', '2026-03-28', %s, %s, now(), %s, '2f1c9ab', 100, %s, 3)"
    )
    connection.execute("DROP TABLE ops.runs")
    connection.execute(text_of("runs.sql"))
    now = datetime(2026, 3, 29, tzinfo=UTC)
    good = ("2026-03-29", "succeeded", now, 97)
    connection.execute(start, good)
    count = "SELECT count(*) FROM ops.runs"
    assert connection.execute(count).fetchone() == (1,)
    for place, wrong in ((0, "2026-03-28"), (1, "done"), (2, None), (3, 90)):
        connection.execute("TRUNCATE ops.runs")
        bad = [*good]
        bad[place] = wrong  # type: ignore[call-overload]
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(start, bad)
        assert connection.execute(count).fetchone() == (0,)


@pytest.mark.rule("LOG-3")
def test_the_signals_of_a_week(connection: psycopg.Connection[Any]) -> None:
    insert = """
        INSERT INTO ops.runs (run_id, command, window_start, window_end, status, started_at,
            finished_at, code_sha, rows_read, rows_kept, rows_quarantined, watermark)
        VALUES (%s, 'run', %s, %s, %s, %s, %s, '2f1c9ab', 100, 100, 0, %s)
    """
    for n in range(100):
        at = MONDAY + n * HOUR
        lag = timedelta(hours=6 if n < 3 else 0, minutes=20)
        status = "failed" if n == 50 else "succeeded"
        end = at + timedelta(seconds=90 if n < 90 else 300)
        row = (f"{n}", at - HOUR, at, status, at, end, end - lag)
        connection.execute(insert, row)

    [row] = connection.execute(
        text_of("signals.sql"), {"since": MONDAY, "until": MONDAY + 168 * HOUR}
    ).fetchall()

    assert row == (100, 99, 300.0, 10_000, 97)


# --- LOG-4: absence -------------------------------------------------------------------


def week() -> tuple[list[tuple[datetime, bool]], list[tuple[datetime, float]]]:
    """Return the runs of a bad week, and the Hogsmill's readings."""
    runs = []
    for n in range(7 * 24):
        at = MONDAY + n * HOUR + timedelta(minutes=12)
        if MONDAY + 74 * HOUR <= at < MONDAY + 80 * HOUR:
            continue  # Thursday, 02:00 to 08:00: the scheduler does not start anything
        if n == 5 * 24 + 5:  # Saturday, 05:12: one fails, and its retry does not
            runs.append((at, False))
            at += timedelta(minutes=13)
        runs.append((at, True))
    stuck = MONDAY + 105 * HOUR  # Friday, 09:00 to 20:00
    readings = []
    for seen in World(dirty=False).observations(
        HOGSMILL, MONDAY - 24 * HOUR, MONDAY + 168 * HOUR, MONDAY + 170 * HOUR
    ):
        assert isinstance(seen.value, float)
        is_stuck = stuck <= seen.observed_at < stuck + 11 * HOUR
        readings.append((seen.observed_at, 0.437 if is_stuck else seen.value))
    return runs, readings


def arrived(at: datetime, run: datetime) -> bool:
    """Whether a reading had arrived when a run ended; on Tuesday the source was down."""
    down, back = MONDAY + 34 * HOUR, MONDAY + 40 * HOUR
    late = max(at, back) if down <= at < back else at
    return late + timedelta(minutes=12) <= run


@functools.cache
def looks(step: timedelta) -> list[tuple[datetime, list[Any], list[tuple[datetime, float]]]]:
    """Return what was known at each moment at which somebody looks."""
    moments, readings = week()
    run_type = load_example(f"{HERE}/absence.py").Run
    runs = [run_type(at, succeeded) for at, succeeded in moments]
    found = []
    for n in range(6, 7 * 96):
        now = MONDAY + n * step
        done = [run for run in runs if now - 12 * HOUR < run.finished_at <= now]
        last = done[-1].finished_at
        recent = [r for r in readings if now - 12 * HOUR < r[0] <= now]
        found.append((now, done, [r for r in recent if arrived(r[0], last)]))
    return found


def alarms_of_the_week(module: Any) -> list[tuple[str, datetime, datetime, datetime]]:
    """Return kind, begin and end of each alarm, and since when something is missing."""
    found: list[tuple[str, datetime, datetime, datetime]] = []
    step = timedelta(minutes=15)
    for now, runs, readings in looks(step):
        for alarm in module.alarms(now, runs, readings):
            if found and found[-1][0] == alarm.kind and found[-1][2] == now:
                found[-1] = (alarm.kind, found[-1][1], now + step, alarm.since)
            else:
                found.append((alarm.kind, now, now + step, alarm.since))
    return found


@pytest.mark.rule("LOG-4")
def test_the_alarms_of_a_bad_week() -> None:
    def raises_the_right_ones(module: Any) -> None:
        found = alarms_of_the_week(module)
        thursday = [a for a in found if a[1].date() == (MONDAY + 72 * HOUR).date()]
        assert thursday, "six hours without a run on Thursday, and no alarm"
        clocks = [a for a in found if a[1] >= MONDAY + 144 * HOUR]
        assert not clocks, f"false alarm on {clocks[0][1]:%A %d %B at %H:%M} UTC"

    good = load_example(f"{HERE}/absence.py")
    lines = [
        f"{kind:<16}{begin:%a %d %B %H:%M} to {end:%H:%M}, missing since {since:%H:%M}"
        for kind, begin, end, since in alarms_of_the_week(good)
    ]
    assert_output(f"examples/{HERE}/week.out", "\n".join(lines))
    for wrong, harm in (
        ("counts_errors", "six hours without a run on Thursday, and no alarm"),
        ("local_clock", "false alarm on Sunday 29 March at 01:00 UTC"),
    ):
        bad = load_example(f"{HERE}/wrong/{wrong}.py")
        twins(raises_the_right_ones, good=good, bad=bad, harm=harm)


def test_an_alarm_on_errors_fires_where_a_retry_has_mended_it() -> None:
    module = load_example(f"{HERE}/wrong/counts_errors.py")

    [(kind, begin, _, _)] = alarms_of_the_week(module)

    assert (kind, f"{begin:%A %H:%M}") == ("error", "Saturday 05:15")


def test_the_wall_clock_is_blind_for_an_hour_in_october() -> None:
    good = load_example(f"{HERE}/absence.py")
    before = datetime(2026, 10, 25, 0, 12, tzinfo=UTC)  # 01:12 in London, the first one
    now = before + 2 * HOUR  # 02:12 in London: on the wall, one hour later
    runs, readings = [good.Run(before, True)], [(before, 0.44)]

    assert [a.kind for a in good.alarms(now, runs, readings)] == ["no run"]
    assert load_example(f"{HERE}/wrong/local_clock.py").alarms(now, runs, readings) == []


def test_nothing_at_all_is_an_alarm_too() -> None:
    module = load_example(f"{HERE}/absence.py")
    run = module.Run(MONDAY, True)

    assert [a.kind for a in module.alarms(MONDAY, [], [])] == ["no run"]
    assert [a.kind for a in module.alarms(MONDAY, [run], [])] == ["no data"]
    assert module.alarms(MONDAY, [run], [(MONDAY, 0.4)]) == []


# --- LOG-4, LOG-7: the alarm and the log groups that Terraform plans -------------------


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plan]:
    """The plans of the page's folders."""
    found = {}
    for name in ("terraform", "wrong/defaults"):
        folder = tmp_path_factory.mktemp("plan") / "terraform"
        try:
            workspace = Workspace(FOLDER / name, folder)
            workspace.init()
        except EngineError as error:
            pytest.skip(str(error))
        found[name] = workspace.plan(SETTINGS if name == "terraform" else {})
    return found


@pytest.fixture(scope="module")
def local_stack() -> Iterator[AwsEngine]:
    """LocalStack: it evaluates alarms, and sends what they decide."""
    try:
        with localstack() as engine, environment(**engine.environment()):
            yield engine
    except EngineError as error:
        pytest.skip(str(error))


class Inbox:
    """A topic and a queue that gets what is sent there."""

    def __init__(self) -> None:
        name = uuid.uuid4().hex
        self.topic = boto3.client("sns").create_topic(Name=name)["TopicArn"]
        self._sqs = boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._queue, AttributeNames=["QueueArn"]
        )["Attributes"]
        boto3.client("sns").subscribe(
            TopicArn=self.topic, Protocol="sqs", Endpoint=attributes["QueueArn"]
        )

    def message(self, seconds: float) -> dict[str, Any] | None:
        """Wait for a message."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            got = self._sqs.receive_message(QueueUrl=self._queue, WaitTimeSeconds=1)
            if messages := got.get("Messages"):
                found: dict[str, Any] = json.loads(json.loads(messages[0]["Body"])["Message"])
                return found
        return None


def put_alarm(values: dict[str, Any], topic: str) -> str:
    """Create the alarm that was planned, with a period of ten seconds; return its state."""
    name = f"{values['alarm_name']}-{uuid.uuid4().hex[:6]}"
    dimensions = [{"Name": k, "Value": v} for k, v in (values.get("dimensions") or {}).items()]
    cloudwatch = boto3.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        AlarmDescription=values["alarm_description"] or "",
        Namespace=values["namespace"],
        MetricName=values["metric_name"],
        Dimensions=dimensions,
        Statistic=values["statistic"],
        Period=10,
        EvaluationPeriods=values["evaluation_periods"],
        ComparisonOperator=values["comparison_operator"],
        Threshold=values["threshold"],
        TreatMissingData=values["treat_missing_data"],
        AlarmActions=[topic],
    )
    time.sleep(0.5)
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarm["StateValue"])


@pytest.mark.rule("LOG-4")
def test_silence_raises_the_alarm_that_is_planned(
    plans: dict[str, Plan], local_stack: AwsEngine
) -> None:
    def is_sent(name: str) -> None:
        inbox = Inbox()
        values = plans[name].resources["aws_cloudwatch_metric_alarm.no_run"]
        state = put_alarm(values, inbox.topic)
        message = inbox.message(20 if name == "terraform" else 3)
        assert message, f"no run and no message: the alarm says {state}"
        assert message["NewStateValue"] == "ALARM"
        assert message["AlarmDescription"].endswith("runbook.md#the-figures-are-old")
        prove_plan(plans[name], f"examples/{HERE}/{name}")

    bad = "wrong/defaults"
    twins(is_sent, good="terraform", bad=bad, harm="the alarm says INSUFFICIENT_DATA")
    prove_plan(plans[bad], f"examples/{HERE}/{bad}")


def test_moto_stores_alarms_and_evaluates_none(plans: dict[str, Plan]) -> None:
    with moto() as engine, environment(**engine.environment()):
        inbox = Inbox()
        values = plans["terraform"].resources["aws_cloudwatch_metric_alarm.no_run"]
        state = put_alarm(values, inbox.topic)
        message = inbox.message(1)

    assert (state, message) == ("OK", None), "moto has learnt it: use it, change the page"


@pytest.mark.rule("LOG-7")
def test_log_groups_expire(plans: dict[str, Plan]) -> None:
    def expires(name: str) -> None:
        found = plans[name].resources
        kept = {
            address: values["retention_in_days"]
            for address, values in found.items()
            if address.startswith("aws_cloudwatch_log_group")
        }
        endless = [address for address, days in kept.items() if not days]
        assert not endless, f"kept for ever: {endless}"
        assert sorted(kept.values()) == [30, 365]
        prove_plan(plans[name], f"examples/{HERE}/{name}")

    bad = "wrong/defaults"
    twins(expires, good="terraform", bad=bad, harm="kept for ever: .*log_group.pipeline")
    prove_plan(plans[bad], f"examples/{HERE}/{bad}")


# --- LOG-5: alerts --------------------------------------------------------------------

ASKED = {
    "since when": "Saturday 28 March 2026, 04:12 UTC",
    "who is affected": "readers of the flood report",
    "the first command": "psql ",
    "a link to the runbook": "/docs/runbook.md#",
}


@pytest.mark.rule("LOG-5")
def test_an_alert_says_what_to_do() -> None:
    since = datetime(2026, 3, 28, 4, 12, tzinfo=UTC)

    def says_all(module: Any) -> None:
        alert = module.Alert(
            "river-levels-etl", "no run", since, "readers of the flood report"
        )
        text = alert.text(SETTINGS["runbook_url"])
        lacking = [what for what, part in ASKED.items() if part not in text]
        assert not lacking, f"the alert lacks {', '.join(lacking)}"
        assert_output(f"examples/{HERE}/alert.out", text)

    twins(says_all, **pair("alert", "job_failed"), harm="lacks since when, who .*, a link to")


@pytest.mark.rule("LOG-5")
def test_the_link_and_the_command_of_an_alert_work(
    connection: psycopg.Connection[Any], ledger_url: str
) -> None:
    module = load_example(f"{HERE}/alert.py")
    load_example(f"{HERE}/ledger.py").load(connection, "a-run", [("3390TH", 0.4)])
    path = os.pathsep.join([str(bundled_binaries()), os.environ["PATH"]])

    done = subprocess.run(
        ["bash", "-c", module.FIRST_COMMAND],
        env=os.environ | {"DATABASE_URL": ledger_url, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert set(module.ANCHORS.values()) <= module.anchors(RUNBOOK)
    assert "no-such-heading" not in module.anchors(RUNBOOK)
    assert "succeeded" in done.stdout, done.stderr
    with pytest.raises(KeyError):
        module.Alert("p", "unheard of", MONDAY, "").text("")


def test_the_incident_template_asks_what_matters() -> None:
    text = text_of("incident.md")
    headings = [line.removeprefix("## ") for line in text.splitlines() if line[:3] == "## "]

    assert headings == ["Harm", "Time line", "Causes", "What went well", "What changes"]
    assert "within five working days" in text and "(UTC)" in text
    ref = f"examples/{HERE}/incident.md"
    proof = Proof(ref, regions.find(ref).sha256, Level.VALIDATED, "list of headings")
    RECORDER.proof(proof)


# --- LOG-8: metrics -------------------------------------------------------------------


@pytest.mark.rule("LOG-8")
def test_metrics_cost_a_line_and_no_call(
    local_stack: AwsEngine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    make = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counting(self: Any, operation: str, parameters: Any) -> Any:
        calls.append(operation)
        return make(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", counting)

    def is_cheap(module: Any) -> None:
        calls.clear()
        for hour in range(4):
            at = MONDAY + hour * HOUR
            metrics = {"RunSucceeded": 1, "Rows": 2400, "Lag": 1140}
            module.emit(metrics, "development", f"run-{hour}", at)
        assert len(calls) == 0, f"{len(calls)} calls for four runs"

    twins(is_cheap, **pair("metrics", "one_call_a_metric"), harm="12 calls for four runs")
    metrics = boto3.client("cloudwatch").list_metrics(Namespace="RiverLevels")["Metrics"]
    by_run = [m for m in metrics if m["Dimensions"][0]["Name"] == "RunId"]
    assert len(by_run) == 12, "each run is three more metrics"
    capsys.readouterr()


@pytest.mark.rule("LOG-8")
def test_the_line_is_in_the_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads(text_of("emf.schema.json"))
    module = load_example(f"{HERE}/metrics.py")
    module.emit({"RunSucceeded": 1, "Rows": 2400}, "development", RUN_ID, MONDAY)

    printed = capsys.readouterr().out
    line = json.loads(printed)

    jsonschema.validate(line, schema)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert len(printed.splitlines()) == 1
    assert {m["Name"] for m in directive["Metrics"]} <= line.keys()
    assert {d for ds in directive["Dimensions"] for d in ds} == {"Environment"} <= line.keys()
    assert_output(f"examples/{HERE}/emf.out", json.dumps(line, indent=1))
    with pytest.raises(KeyError):
        module.emit({"Speed": 1}, "development", RUN_ID, MONDAY)
    for wrong in ({"Timestamp": 1774224000}, {"CloudWatchMetrics": []}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(line | {"_aws": line["_aws"] | wrong}, schema)


def test_localstack_makes_no_metrics_of_the_line(
    local_stack: AwsEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load_example(f"{HERE}/metrics.py")
    module.emit({"RunSucceeded": 1}, "emf-test", RUN_ID, datetime.now(UTC))
    logs = boto3.client("logs")
    group, stream = f"/test/{uuid.uuid4().hex}", "a"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    event = {"timestamp": round(time.time() * 1000), "message": capsys.readouterr().out}
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])

    found = boto3.client("cloudwatch").list_metrics(
        Namespace="RiverLevels", Dimensions=[{"Name": "Environment", "Value": "emf-test"}]
    )

    assert found["Metrics"] == [], "LocalStack has learnt it: change the page"


# --- LOG-9: correlation ---------------------------------------------------------------


@pytest.mark.rule("LOG-9")
def test_a_session_says_which_run_it_belongs_to(ledger_url: str) -> None:
    def is_found(module: Any) -> None:
        session = module.connect(
            ledger_url, "river-levels-etl", "load_readings_and_stations", RUN_ID
        )
        with session, psycopg.connect(ledger_url) as watch:
            [(name,)] = watch.execute(
                "SELECT application_name FROM pg_stat_activity WHERE pid = %s",
                (session.info.backend_pid,),
            ).fetchall()
            assert RUN_ID in name, f"the session is called {name!r}"
            found = watch.execute(text_of("whose.sql"), {"run_id": RUN_ID}).fetchall()
            assert [row[0] for row in found] == [session.info.backend_pid]

    twins(
        is_found, **pair("correlate", "run_id_cut_off"), harm="task=load_readings_and_statio'"
    )
