"""Proofs of docs/orchestration/github-actions.md.

GitHub cannot be had here. Its schedule is played: which runs it started, how late, and
which it dropped. The scripts of the workflows are really run, and what they ask for is
really loaded.
"""

import base64
import functools
import io
import json
import os
import re
import runpy
import secrets
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError
from cronsim import CronSim

from guidance.engines import AwsEngine, ReplayServer, environment, ministack
from guidance.engines.aws import REGION
from guidance.engines.postgres import create_database, drop_database, with_database
from guidance.engines.switch import Switch
from guidance.evidence import load_example, prove_file, twins
from guidance.evidence.recorder import Level
from guidance.evidence.workflows import audit_workflows, prove_audited
from guidance.paths import EXAMPLES, ROOT
from river_levels import handler as pipeline_handler
from river_levels import ledger
from river_levels.config import load_settings
from river_levels.pipeline import opened
from river_levels.windows import Window

HERE = "orchestration/github-actions"
FOLDER = EXAMPLES / HERE
PIPELINE = EXAMPLES / "river-levels-etl"
SCHEDULED = PIPELINE / ".github/workflows/scheduled.yml"
CANARY = EXAMPLES / "lifecycle/integration-testing/canary.yml"
WRONG = sorted((FOLDER / "wrong").glob("*.yml"))
BIN = Path(sys.executable).parent
LONDON = ZoneInfo("Europe/London")
PING = "Tell the dead man's switch"

pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None, reason="bash is not on PATH: install Git for Windows"
)


# --- what reads the workflows, and what runs them -------------------------------------


@functools.cache
def findings() -> dict[Path, set[str]]:
    """Return what zizmor finds in each workflow; the schema has passed all."""
    return audit_workflows((SCHEDULED, CANARY, *WRONG))


def audited(path: Path) -> set[str]:
    """Return what zizmor finds in a workflow, and note that it was read."""
    prove_audited(path)
    return findings()[path]


def program(folder: Path, name: str, text: str) -> None:
    """Write a program that stands in for another one."""
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="\n")
    path.chmod(0o755)


DATE = """\
#!/usr/bin/env bash
# The real one, at another moment.
case "$2" in
  --date) when=$3; shift 3 ;;
  *) when=now; shift ;;
esac
[[ $when == 20* ]] || when="$NOW ${when/now/}"
exec %s --utc --date "$when" "$@"
"""
AWS = """\
#!/usr/bin/env bash
# Keeps the event; answers what the test wants, one line a call.
cat event.json >> asked
answer=$(head --lines 1 answers)
sed --in-place 1d answers
case "$answer" in
  throttled) echo TooManyRequestsException >&2; exit 254 ;;
  hanging) exit 1 ;;
  "") answer='{"done": [], "resume_from": null}' ;;
esac
echo "$answer" > reply.json
"""
SLEEP = '#!/usr/bin/env bash\necho "$1" >> slept\n'
STANDING_IN = "its scripts run by bash, with stand-ins for the clock and for aws"


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> str:
    """PATH with the stand-ins first."""
    folder = tmp_path_factory.mktemp("bin")
    program(folder, "date", DATE % shutil.which("date"))
    program(folder, "aws", AWS)
    program(folder, "sleep", SLEEP)
    return os.pathsep.join([str(folder), os.environ["PATH"]])


@dataclass(frozen=True)
class Start:
    """A start of a workflow: when (UTC), by which line of its schedule, or by hand."""

    at: datetime
    cron: str = ""
    inputs: tuple[tuple[str, str], ...] = ()

    def values(self, workflow: Path) -> dict[str, str]:
        """Return the values of the expressions in the workflow."""
        given = dict(self.inputs)
        again = given.get("again") == "true" or self.cron == "41 9 * * 0"
        condition = "!inputs.again && github.event.schedule != '41 9 * * 0'"
        assert workflow != SCHEDULED or condition in workflow.read_text("utf-8")
        return {
            "inputs.window-start": given.get("window-start", ""),
            "inputs.window-end": given.get("window-end", ""),
            condition: str(not again).lower(),
            "github.event_name": "schedule" if self.cron else "workflow_dispatch",
            "vars.FUNCTION": "levels",
            "vars.SCHEDULE_ROLE": "none",
            "secrets.AWS_ACCESS_KEY_ID": "none",
            "secrets.AWS_SECRET_ACCESS_KEY": "none",
            "secrets.PING_URL": "http://127.0.0.1:9/",
        }


@dataclass(frozen=True)
class Ran:
    """What a run asked the function for, how often it slept, and how it went."""

    events: list[dict[str, Any]]
    slept: list[str]
    outcomes: dict[str, str]
    text: str


def run(
    workflow: Path, start: Start, folder: Path, tools: str, answers: str = "", ping: str = ""
) -> Ran:
    """Run the job of a workflow as GitHub does, at the moment of its start."""
    audited(workflow)
    prove_file(workflow, Level.VALIDATED, STANDING_IN)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "answers").write_text(answers, "utf-8")
    for name in ("asked", "slept"):
        (folder / name).touch()
    values = start.values(workflow) | ({"secrets.PING_URL": ping} if ping else {})
    job = load_example("lifecycle/ci-cd/local_run.py").Job(workflow, "load", values)
    variables = {"PATH": tools, "NOW": f"{start.at:%FT%TZ}"}
    if not (folder / "event.json").exists():
        (folder / "event.json").write_text("{}\n", "utf-8")
    steps = job.run(folder, **variables)
    decoder, text = json.JSONDecoder(), (folder / "asked").read_text("utf-8").strip()
    events = []
    while text:
        event, end = decoder.raw_decode(text)
        events.append(event)
        text = text[end:].strip()
    return Ran(
        events,
        (folder / "slept").read_text("utf-8").split(),
        {step.name: step.outcome for step in steps},
        "\n".join(step.text for step in steps),
    )


def test_the_workflows_are_valid_and_zizmor_finds_nothing() -> None:
    ours = {
        name: sha
        for path in (ROOT / ".github/workflows").glob("*.yml")
        for name, sha in re.findall(r"uses: ([\w/-]+)@([0-9a-f]{40})", path.read_text("utf-8"))
    }
    faults = load_example("lifecycle/ci-cd/check_workflows.py").faults
    for path in (SCHEDULED, CANARY):
        text = path.read_text("utf-8")
        assert audited(path) == set()
        assert list(faults(text)) == []
        for name, sha in re.findall(r"uses: ([\w/-]+)@(\S+)", text):
            assert ours[name] == sha, f"{path.name}: {name}"


# --- GHA-2, GHA-3: when it starts, and for how long it may run ------------------------


def starts(workflow: Path, year: int = 2026) -> list[datetime]:
    """Return when the first line of a schedule fires in a year (UTC)."""
    entry = yaml.safe_load(workflow.read_text("utf-8"))[True]["schedule"][0]
    zone = ZoneInfo(entry.get("timezone", "UTC"))
    last = datetime(year - 1, 12, 31, 23, 59, tzinfo=zone)
    found = []
    for at in CronSim(entry["cron"], last):
        if at.year > year:
            return found
        found.append(at.astimezone(UTC))
    raise AssertionError("a schedule has no end")


@pytest.mark.rule("GHA-2")
def test_it_starts_at_the_same_time_on_the_wall() -> None:
    def is_meant_for_london(workflow: Path) -> None:
        audited(workflow)
        found = starts(workflow)
        assert len(found) == 365
        walls = sorted({f"{at.astimezone(LONDON):%H:%M}" for at in found})
        assert walls == ["06:23"], f"in London it starts at {' and at '.join(walls)}"

    twins(
        is_meant_for_london,
        good=SCHEDULED,
        bad=FOLDER / "wrong/on_the_hour.yml",
        harm="in London it starts at 06:00 and at 07:00",
    )
    assert not [at for at in starts(SCHEDULED) if at.minute == 0]
    assert all(at.minute == 0 for at in starts(FOLDER / "wrong/on_the_hour.yml"))


@pytest.mark.rule("GHA-3", "GHA-8")
def test_a_hanging_job_is_paid_for_until_its_time_out() -> None:
    def costs_little(workflow: Path) -> None:
        audited(workflow)
        jobs = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]
        minutes = sum(int(job.get("timeout-minutes", 360)) for job in jobs.values())
        assert minutes <= 60, f"a source that hangs costs {minutes} minutes a night"

    twins(
        costs_little,
        good=SCHEDULED,
        bad=FOLDER / "wrong/on_the_hour.yml",
        harm="a source that hangs costs 360 minutes a night",
    )


# --- the pipeline, on the engines -----------------------------------------------------


class Context:
    """What Lambda tells the handler."""

    aws_request_id = "here"
    invoked_function_arn = "arn:aws:lambda:eu-west-2:000000000000:function:levels"

    def get_remaining_time_in_millis(self) -> int:
        return 600_000


class Place:
    """Somewhere to run the pipeline: new databases, new buckets, the replayed source."""

    def __init__(self, server_url: str, source: ReplayServer) -> None:
        self.server_url, self.source = server_url, source

    @contextmanager
    def pipeline(self) -> Iterator[None]:
        """Set the variables of a pipeline that has loaded nothing."""
        name = f"test_{secrets.token_hex(6)}"
        bucket = name.replace("_", "-")
        create_database(self.server_url, name)
        where: Any = {"LocationConstraint": REGION}
        boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        variables = {
            "DATABASE_URL": with_database(self.server_url, name),
            "RIVER_LEVELS_API_URL": self.source.url,
            "RIVER_LEVELS_BUCKET": bucket,
            "RIVER_LEVELS_REQUESTS_PER_SECOND": "1000",
            # Two gauges at New Malden: one live, one that reports twice a day, late.
            "RIVER_LEVELS_LATITUDE": "51.411",
            "RIVER_LEVELS_LONGITUDE": "-0.247",
            "RIVER_LEVELS_DISTANCE_KM": "0.5",
        }
        with environment(**variables):
            yield
        drop_database(self.server_url, name)


@pytest.fixture
def place(postgres_url: str, aws_engine: AwsEngine, flood_api: ReplayServer) -> Place:
    """The engines of this file."""
    return Place(postgres_url, flood_api)


def load(events: list[dict[str, Any]]) -> list[str]:
    """Let the function have events; return the windows that it loaded."""
    done: list[str] = []
    for event in events:
        done += pipeline_handler.handler(event, Context())["done"]
    return done


def never_loaded(window: Window) -> tuple[int, int]:
    """Return how many readings of a window are missing, and how many there are."""
    with opened(load_settings()) as pipeline:
        counts, _ = pipeline.ingest(window, "audit")
    return counts.inserted, counts.kept


# --- GHA-4: dropped runs --------------------------------------------------------------

FRIDAY = datetime(2026, 3, 20, tzinfo=UTC)
LATE_MIN = [4, 11, 2, 38, 7, 0, 0, 0, 21, 3]
DROPPED = {5, 6, 7}  # Wednesday to Friday
SUNDAYS = {2, 9}  # on the 29th the clocks change


def ten_nights() -> list[Start]:
    """Return the runs that GitHub started: three dropped, all of them late."""
    found = []
    for night, late in enumerate(LATE_MIN):
        day = (FRIDAY + timedelta(days=night)).replace(tzinfo=None)
        if night not in DROPPED:
            at = day.replace(hour=6, minute=23, tzinfo=LONDON).astimezone(UTC)
            found.append(Start(at + timedelta(minutes=late), "23 6 * * *"))
        if night in SUNDAYS:
            at = day.replace(hour=9, minute=41, tzinfo=LONDON).astimezone(UTC)
            found.append(Start(at, "41 9 * * 0"))
    return found


def day(text: str) -> str:
    """Return a March day as the ledger writes it."""
    return str(Window.parse(f"2026-03-{text}", f"2026-03-{int(text) + 1}"))


@pytest.mark.rule("GHA-4")
def test_the_run_after_three_dropped_ones_loads_what_is_missing(
    place: Place, tools: str, tmp_path: Path
) -> None:
    nights: dict[str, list[str]] = {}

    def loses_nothing(workflow: Path) -> None:
        with place.pipeline():
            for start in ten_nights():
                if start.cron == "41 9 * * 0" and workflow != SCHEDULED:
                    continue
                place.source.now = start.at
                ran = run(workflow, start, tmp_path / "run", tools)
                loaded = load(ran.events)
                if workflow == SCHEDULED:
                    nights[f"{start.at:%a %d %H:%M}"] = loaded
            missing, there = never_loaded(Window.parse("2026-03-20", "2026-03-29"))
        said = f"every run was green, and {missing:,} of {there:,} readings are not there"
        assert missing == 0, said

    twins(
        loses_nothing,
        good=SCHEDULED,
        bad=FOLDER / "wrong/window_from_now.yml",
        harm="every run was green, and 588 of 1,695 readings are not there",
    )
    assert len(nights["Fri 20 06:27"]) == 10, "the first run loads ten days"
    assert nights["Sat 21 06:34"] == [day("20")]
    assert nights["Sat 28 06:44"] == [day("24"), day("25"), day("26"), day("27")]
    assert nights["Sun 29 05:26"] == [day("28")], "06:26 in London, an hour earlier in UTC"
    assert len(nights["Sun 29 08:41"]) == 10, "late readings"


# --- GHA-3: two at once, and tries by hand --------------------------------------------


def may_overlap(workflow: Path) -> bool:
    """Whether GitHub lets two runs of a workflow work at once."""
    return "concurrency" not in yaml.safe_load(workflow.read_text("utf-8"))


@pytest.mark.rule("GHA-3")
def test_two_runs_do_not_ask_the_source_twice(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was started by hand, since nothing seemed to happen at 06:23."""
    event = {
        "window_start": "2026-03-26T00:00:00Z",
        "window_end": "2026-03-29T00:00:00Z",
        "only_missing": True,
    }

    def asks_once(workflow: Path) -> None:
        audited(workflow)
        with place.pipeline():
            load([event | {"window_end": "2026-03-27T00:00:00Z"}])
            place.source.requests.clear()
            load([event])
            once = len(place.source.requests)
        with place.pipeline(), monkeypatch.context() as patch:
            load([event | {"window_end": "2026-03-27T00:00:00Z"}])
            place.source.requests.clear()
            if may_overlap(workflow):
                both_look = threading.Barrier(2, timeout=60)

                def looked(*arguments: Any) -> bool:
                    found = ledger.is_done(*arguments)
                    if not found:
                        both_look.wait()
                    return found

                patch.setattr(pipeline_handler, "is_done", looked)
                runs = [threading.Thread(target=load, args=([event],)) for _ in range(2)]
                for one in runs:
                    one.start()
                for one in runs:
                    one.join()
            else:
                load([event])
                load([event])
            asked = len(place.source.requests)
            missing, _ = never_loaded(Window.parse("2026-03-26", "2026-03-29"))
        assert missing == 0
        assert asked == once, f"the source was asked {asked} times, not {once}"

    twins(
        asks_once,
        good=SCHEDULED,
        bad=FOLDER / "wrong/on_the_hour.yml",
        harm="the source was asked 12 times, not 6",
    )


NIGHT = Start(datetime(2026, 3, 24, 6, 31, tzinfo=UTC), "23 6 * * *")
LOAD = "Load them, at the third try if need be"


@pytest.mark.rule("GHA-3")
@pytest.mark.parametrize(
    ("answers", "slept", "outcome"),
    [
        ("", [], "success"),
        ('throttled\n{"resume_from": "2026-03-20T00:00:00Z"}\n', ["60", "300"], "success"),
        ('{"errorMessage": "the source failed"}\n' * 3, ["60", "300", "0"], "failure"),
        ("hanging\n" * 3, ["60", "300", "0"], "failure"),
    ],
    ids=["at once", "busy, then handed over", "the source is down", "no answer"],
)
def test_it_tries_three_times(
    tools: str, tmp_path: Path, answers: str, slept: list[str], outcome: str
) -> None:
    ran = run(SCHEDULED, NIGHT, tmp_path / "run", tools, answers)

    assert ran.slept == slept
    assert ran.outcomes[LOAD] == outcome
    assert len(ran.events) == max(1, len(slept) + (outcome == "success"))
    jobs = yaml.safe_load(SCHEDULED.read_text("utf-8"))["jobs"]
    longest = 3 * 610 + sum(int(text) for text in ("60", "300"))
    assert longest < jobs["load"]["timeout-minutes"] * 60


# --- GHA-9: by hand -------------------------------------------------------------------


@pytest.mark.rule("GHA-9", "GHA-4")
@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, ("2026-03-14", "2026-03-24", True)),
        ({"window-start": "2026-03-01"}, ("2026-03-01", "2026-03-24", True)),
        ({"window-end": "2026-03-12"}, ("2026-03-02", "2026-03-12", True)),
        (
            {"window-start": "2026-03-20", "window-end": "2026-03-23", "again": "true"},
            ("2026-03-20", "2026-03-23", False),
        ),
    ],
)
def test_the_window_is_what_was_asked_for(
    tools: str, tmp_path: Path, inputs: dict[str, str], expected: tuple[str, str, bool]
) -> None:
    start = Start(NIGHT.at, inputs=tuple(inputs.items()))

    ran = run(SCHEDULED, start, tmp_path / "run", tools)

    first, last, only_missing = expected
    assert ran.events == [
        {
            "window_start": f"{first}T00:00:00Z",
            "window_end": f"{last}T00:00:00Z",
            "only_missing": only_missing,
        }
    ]
    assert pipeline_handler.window_of(ran.events[0]) == Window.parse(first, last)
    assert ran.outcomes[PING] == "skipped", "an old day does not calm the switch"


@pytest.mark.rule("GHA-9")
def test_a_rerun_loads_exactly_the_days_that_it_names(
    place: Place, tools: str, tmp_path: Path
) -> None:
    declared = yaml.safe_load(SCHEDULED.read_text("utf-8"))[True]["workflow_dispatch"][
        "inputs"
    ]
    text = (FOLDER / "rerun.sh").read_text("utf-8")
    program(tmp_path, "gh", '#!/usr/bin/env bash\nprintf "%s\\n" "$@" > called\n')
    path = os.pathsep.join([str(tmp_path), tools])
    subprocess.run(
        ["bash", "-eo", "pipefail", "-c", text],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        check=True,
    )
    called = (tmp_path / "called").read_text("utf-8").split()
    given = tuple(
        (name, value) for name, _, value in (word.partition("=") for word in called) if value
    )
    assert called[:3] == ["workflow", "run", SCHEDULED.name]
    assert {name for name, _ in given} <= set(declared)
    prove_file(FOLDER / "rerun.sh", Level.VALIDATED, "run by bash, with a stand-in for gh")

    with place.pipeline():
        load(run(SCHEDULED, NIGHT, tmp_path / "run", tools).events)
        again = run(SCHEDULED, Start(NIGHT.at, inputs=given), tmp_path / "run", tools)
        loaded = load(again.events)
        missing, _ = never_loaded(Window.parse("2026-03-14", "2026-03-24"))

    assert loaded == [day("20"), day("21"), day("22")]
    assert missing == 0


def test_a_window_that_is_no_date_stops_the_run(tools: str, tmp_path: Path) -> None:
    start = Start(NIGHT.at, inputs=(("window-start", "2026-13-01"),))

    ran = run(SCHEDULED, start, tmp_path / "run", tools)

    assert ran.outcomes["Say which days"] == "failure"
    assert "invalid date" in ran.text
    assert ran.events == []


# --- GHA-6: who hears of a run that never was -----------------------------------------


DOWN = '{"errorMessage": "the source failed"}\n' * 3


@pytest.mark.rule("GHA-6")
def test_somebody_hears_of_a_run_that_never_was(tools: str, tmp_path: Path) -> None:
    """Five nights: well, dropped, dropped, failed, well."""
    monday = NIGHT.at.replace(day=23)

    def is_heard(workflow: Path) -> None:
        rings: list[datetime] = []
        with Switch() as switch:
            for night, answers in ((0, ""), (3, DOWN), (4, "")):
                start = Start(monday + timedelta(days=night), NIGHT.cron)
                switch.now = start.at
                before = len(switch.called)
                run(workflow, start, tmp_path / "run", tools, answers, switch.url)
                if workflow == SCHEDULED:
                    assert len(switch.called) - before == (0 if answers else 1)
            if workflow == SCHEDULED:  # its calls are signs of life: it rings in between
                for one, two in zip(switch.called, switch.called[1:], strict=False):
                    if two - one > timedelta(hours=26):
                        rings.append(one + timedelta(hours=26))
            else:  # its calls are the alarms
                rings = switch.called
        first = min(rings, default=None)
        in_time = first is not None and first < monday + timedelta(days=2)
        when = f"only on {first:%A}" if first else "never"
        assert in_time, f"nothing ran on Tuesday and Wednesday; somebody hears of it {when}"

    twins(
        is_heard,
        good=SCHEDULED,
        bad=FOLDER / "wrong/tells_of_failures.yml",
        harm="nothing ran on Tuesday and Wednesday; somebody hears of it never",
    )


# --- GHA-5: the role ------------------------------------------------------------------

GITHUB = "token.actions.githubusercontent.com"
OURS = "river-levels-run-production"
CODE = """\
def handler(event, context):
    return {"done": [event["window_start"], event["window_end"]], "resume_from": None}
"""


def token(subject: str) -> str:
    """Return a token as GitHub writes it; nobody signed it, and ministack asks nobody."""

    def part(claims: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()

    claims = {"iss": f"https://{GITHUB}", "sub": subject, "aud": "sts.amazonaws.com"}
    return f"{part({'alg': 'none'})}.{part(claims)}.{part({})}"


class Account:
    """An account that enforces IAM, with our function and another team's."""

    def __init__(self, engine: AwsEngine) -> None:
        self.engine = engine
        self.root = boto3.Session("test", "test", region_name=REGION)
        self.sts, self.iam = self.client("sts"), self.client("iam")
        self.number = self.sts.get_caller_identity()["Account"]
        allows = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        made = self.iam.create_role(
            RoleName="FunctionRole",
            AssumeRolePolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [allows]}
            ),
        )
        body = io.BytesIO()
        with zipfile.ZipFile(body, "w") as archive:
            archive.writestr("code_.py", CODE)
        for name in (OURS, "payroll-run-production"):
            self.client("lambda").create_function(
                FunctionName=name,
                Runtime="python3.12",
                Role=made["Role"]["Arn"],
                Handler="code_.handler",
                Code={"ZipFile": body.getvalue()},
            )
        where = {"LocationConstraint": REGION}
        self.client("s3").create_bucket(Bucket="levels", CreateBucketConfiguration=where)

    def client(self, service: str, session: boto3.Session | None = None) -> Any:
        """Return a client of the account's root, or of somebody else."""
        chosen = session or self.root
        return chosen.client(service, REGION, endpoint_url=self.engine.endpoint_url)

    def text(self, name: str) -> str:
        """Return a policy of the page, for this account; note that it was enforced."""
        prove_file(FOLDER / name, Level.EMULATED, f"boto3 {boto3.__version__}")
        return (FOLDER / name).read_text("utf-8").replace("000000000000", self.number)

    def role(self) -> str:
        """Make the role of the page; return its ARN."""
        name = f"Schedule{secrets.token_hex(4)}"
        made = self.iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=self.text("schedule_trust.json")
        )
        policy = self.text("schedule_policy.json")
        self.iam.put_role_policy(RoleName=name, PolicyName="does", PolicyDocument=policy)
        return str(made["Role"]["Arn"])

    def taken(self, role: str, subject: str, seconds: int = 3600) -> dict[str, Any]:
        """Take the role with a token of GitHub; return the credentials."""
        reply = self.sts.assume_role_with_web_identity(
            RoleArn=role,
            RoleSessionName="schedule",
            WebIdentityToken=token(subject),
            DurationSeconds=seconds,
        )
        return dict(reply["Credentials"])


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """The account of this file."""
    with ministack() as engine:
        yield Account(engine)


SUBJECT = "repo:example-org@1001/river-levels-etl@2001:environment:schedule"


def said(call: Any) -> str:
    """Return ``done``, or the code of the refusal."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "done"


@pytest.mark.rule("GHA-5")
def test_the_role_can_ask_the_function_and_do_nothing_else(
    account: Account, tmp_path: Path
) -> None:
    """With the real AWS CLI, on an engine that enforces IAM."""
    role = account.role()
    keys = tmp_path / "credentials"

    def take(folder: Path, given: Mapping[str, str]) -> None:
        taken = account.taken(
            given["role-to-assume"], SUBJECT, int(given["role-duration-seconds"])
        )
        names = {
            "aws_access_key_id": "AccessKeyId",
            "aws_secret_access_key": "SecretAccessKey",
            "aws_session_token": "SessionToken",
        }
        lines = [f"{name} = {taken[key]}" for name, key in names.items()]
        keys.write_text("\n".join(["[default]", *lines]), "utf-8")

    values = NIGHT.values(SCHEDULED) | {"vars.FUNCTION": OURS, "vars.SCHEDULE_ROLE": role}
    values["github.event_name"] = "workflow_dispatch"
    values["inputs.window-end"] = "2026-03-24"
    actions = {"aws-actions/configure-aws-credentials": take}
    job = load_example("lifecycle/ci-cd/local_run.py").Job(SCHEDULED, "load", values, actions)
    folder = tmp_path / "run"
    folder.mkdir()
    hidden = [name for name in os.environ if name.startswith("AWS_")]
    variables = {
        "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
        "AWS_SHARED_CREDENTIALS_FILE": str(keys),
        "AWS_ENDPOINT_URL": account.engine.endpoint_url,
        "AWS_DEFAULT_REGION": REGION,
    }

    with environment(**dict.fromkeys(hidden)):
        steps = job.run(folder, **variables)

    found = {step.name: step.outcome for step in steps}
    assert found[LOAD] == "success", [step.text for step in steps]
    assert json.loads((folder / "reply.json").read_text("utf-8")) == {
        "done": ["2026-03-14T00:00:00Z", "2026-03-24T00:00:00Z"],
        "resume_from": None,
    }
    taken = account.taken(role, SUBJECT)
    session = boto3.Session(
        taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"], REGION
    )
    functions, s3 = account.client("lambda", session), account.client("s3", session)
    refused = [
        lambda: functions.invoke(FunctionName="payroll-run-production", Payload=b"{}"),
        lambda: functions.update_function_code(FunctionName=OURS, ZipFile=b"x"),
        lambda: functions.delete_function(FunctionName=OURS),
        lambda: s3.list_objects_v2(Bucket="levels"),
        lambda: s3.put_object(Bucket="levels", Key="a", Body=b""),
        lambda: account.client("iam", session).create_user(UserName="x"),
    ]
    assert {said(call) for call in refused} <= {"AccessDenied", "AccessDeniedException"}


@pytest.mark.rule("GHA-5")
@pytest.mark.parametrize(
    "subject",
    [
        "repo:example-org@1001/river-levels-etl@2001:ref:refs/heads/main",
        "repo:example-org@1001/river-levels-etl@2001:pull_request",
        "repo:example-org@1001/river-levels-etl@2001:environment:production",
        "repo:example-org@1001/website@2002:environment:schedule",
    ],
)
def test_nobody_else_gets_the_role(account: Account, subject: str) -> None:
    assert said(lambda: account.taken(account.role(), subject)) == "AccessDenied"


@pytest.mark.rule("GHA-5")
def test_what_a_step_can_steal_ends_within_the_hour(account: Account) -> None:
    """What the job's steps find in their environment, tried from somewhere else."""

    def ends_soon(workflow: Path) -> None:
        audited(workflow)
        text = workflow.read_text("utf-8")
        if "secrets.AWS_" in text:
            user = f"schedule-{secrets.token_hex(4)}"
            account.iam.create_user(UserName=user)
            key = account.iam.create_access_key(UserName=user)["AccessKey"]
            stolen = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"])
            ends = None
        else:
            steps = yaml.safe_load(text)["jobs"]["load"]["steps"]
            options = next(s["with"] for s in steps if "credentials@" in s.get("uses", ""))
            taken = account.taken(account.role(), SUBJECT, options["role-duration-seconds"])
            stolen = boto3.Session(
                taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"]
            )
            ends = taken["Expiration"]
        who = account.client("sts", stolen).get_caller_identity()["Arn"]
        assert "schedule" in who.lower()
        limit = datetime.now(UTC) + timedelta(minutes=61)
        assert ends is not None and ends < limit, "the key works until somebody deletes it"

    twins(
        ends_soon,
        good=SCHEDULED,
        bad=FOLDER / "wrong/stored_keys.yml",
        harm="the key works until somebody deletes it",
    )


# --- GHA-1, GHA-7: what belongs there -------------------------------------------------

MANIFEST: dict[str, Any] = yaml.safe_load((PIPELINE / "pipeline.yml").read_text("utf-8"))
BREAKS = [
    ("GHA-2", '"23 6 * * *"', '"0 6 * * *"'),
    ("GHA-2", '"23 6 * * *"', '"* 6 * * *"'),
    ("GHA-2", '"23 6 * * *"', '"23,25 6 * * *"'),
    ("GHA-2", "      timezone: Europe/London # done before 08:00 on the wall\n", ""),
    ("GHA-3", "cancel-in-progress: false", "cancel-in-progress: true"),
    ("GHA-3", "    timeout-minutes: 40\n", ""),
    ("GHA-4", "+%F)", "+%FT%TZ)"),
    ("GHA-5", "${{ vars.FUNCTION }}", "${{ secrets.AWS_SECRET_ACCESS_KEY }}"),
    ("GHA-6", "if: github.event_name == 'schedule'", "if: failure()"),
    (
        "GHA-7",
        "      - name: Tell the dead",
        "      - uses: actions/upload-artifact@0\n      - name: Tell the dead",
    ),
    ("GHA-9", "      window-end:\n", "      until:\n"),
]


def faults(text: str, **manifest: str) -> list[str]:
    """Return the rules that a workflow breaks, for a pipeline with such a manifest."""
    check = load_example(f"{HERE}/check_schedule.py")
    return [fault.split()[0] for fault in check.faults(text, MANIFEST | manifest)]


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [pytest.param(*row, marks=pytest.mark.rule(row[0])) for row in BREAKS],
)
def test_each_break_is_found(rule: str, old: str, new: str) -> None:
    text = SCHEDULED.read_text("utf-8")
    assert old in text
    assert faults(text) == []

    assert set(faults(text.replace(old, new))) == {rule}


@pytest.mark.rule("GHA-1")
@pytest.mark.parametrize(
    "manifest", [{"personal_data": "special"}, {"tier": "service"}, {"tier": "sensitive"}]
)
def test_not_for_personal_data_and_not_for_a_promise(manifest: dict[str, str]) -> None:
    text = SCHEDULED.read_text("utf-8")

    assert faults(text) == []
    assert faults(text, **manifest) == ["GHA-1"]


def test_the_counter_examples_break_several_rules() -> None:
    found = {path.stem: set(faults(path.read_text("utf-8"))) for path in WRONG}

    assert found["on_the_hour"] >= {"GHA-2", "GHA-3", "GHA-6", "GHA-9"}
    assert found["window_from_now"] >= {"GHA-4", "GHA-6"}
    assert found["stored_keys"] >= {"GHA-5", "GHA-6"}
    assert found["tells_of_failures"] >= {"GHA-6"}


def test_the_check_runs_by_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = str(FOLDER / "check_schedule.py")
    about = str(PIPELINE / "pipeline.yml")
    for path, code, text in (
        (SCHEDULED, 0, "the schedules keep the rules"),
        (FOLDER / "wrong/on_the_hour.yml", 1, "on_the_hour.yml: GHA-2 not at :00"),
    ):
        monkeypatch.setattr(sys, "argv", ["check_schedule.py", about, str(path)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(script, run_name="__main__")
        assert ended.value.code == code
        assert text in capsys.readouterr().out


@pytest.mark.rule("GHA-7")
def test_the_log_holds_no_reading(place: Place, tools: str, tmp_path: Path) -> None:
    """Whoever can read the repository can read it, for as long as GitHub keeps it."""
    with place.pipeline():
        event = {"window_start": "2026-03-28T00:00:00Z", "window_end": "2026-03-29T00:00:00Z"}
        reply = pipeline_handler.handler(event, Context())
    by_hand = Start(NIGHT.at)
    ran = run(SCHEDULED, by_hand, tmp_path / "run", tools, json.dumps(reply) + "\n")

    shown = [line for line in ran.text.splitlines() if line.strip()]
    assert len(shown) == 2, shown
    assert re.fullmatch(r'[\w\s{}"\[\]().,:-]+', ran.text)
    assert not re.search(r"\d+\.\d+|TH\b", ran.text), "no level, no gauge"
