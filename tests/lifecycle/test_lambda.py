"""Proofs of docs/lifecycle/lambda.md: functions are deployed and invoked on ministack."""

import gzip
import importlib
import json
import os
import platform
import re
import secrets
import shutil
import site
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import psycopg
import pytest
from botocore.exceptions import ClientError

from guidance.engines import AwsEngine, EngineError, ReplayServer, environment, ministack
from guidance.engines.replay.server import Fault
from guidance.engines.terraform import VARIABLES, Plan, Workspace
from guidance.evidence import (
    load_example,
    prove_plan,
    prove_tests,
    regions,
    run_shell,
    twins,
)
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES, ROOT
from river_levels import handler as pipeline_handler
from river_levels import package
from river_levels.config import Settings
from river_levels.errors import ConfigError
from river_levels.pipeline import Pipeline
from river_levels.windows import Window

HERE = "lifecycle/lambda"
FOLDER = EXAMPLES / HERE
ETL = EXAMPLES / "river-levels-etl"
MODULE = "river-levels-etl/infra/modules/function"
REGION = "eu-west-2"
INBOUND = "river-levels-data-inbound-development"
RAW = "river-levels-data-raw-development"
PAYROLL = "payroll-data-raw-development"
CSV = "gauge,observed_at,level_m\n3390TH,2026-03-01T00:00:00Z,{}\n"
# The functions find their libraries where this test has them, not in the zip.
LIBRARIES = os.pathsep.join(site.getsitepackages())


def emulated(name: str) -> None:
    """Note that ministack was given exactly this text, and acted by it."""
    ref = f"examples/{HERE}/{name}"
    tool = f"boto3 {boto3.__version__}"
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.EMULATED, tool))


class Context:
    """What Lambda tells a handler, for a handler that is called here."""

    aws_request_id = "here"
    invoked_function_arn = "arn:aws:lambda:eu-west-2:000000000000:function:here"

    def __init__(self, seconds: Callable[[], float] = lambda: 300.0) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds() * 1000)


class Cloud:
    """An account in which IAM is enforced and functions really run."""

    def __init__(self, engine: AwsEngine, scratch: Path) -> None:
        self.engine, self._scratch = engine, scratch
        self._session = boto3.Session("test", "test", region_name=REGION)
        self.s3, self.iam = self.client("s3"), self.client("iam")
        self.functions, self.sqs = self.client("lambda"), self.client("sqs")
        self.number = self.client("sts").get_caller_identity()["Account"]
        for bucket in (INBOUND, RAW, PAYROLL):
            where = {"LocationConstraint": REGION}
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)

    def client(self, service: str, session: boto3.Session | None = None) -> Any:
        """Return a client of the account's root, or of somebody else."""
        chosen = session or self._session
        return chosen.client(service, endpoint_url=self.engine.endpoint_url)

    def role(self, policy: str, service: str = "lambda.amazonaws.com") -> str:
        """Make a role with a policy; return its ARN."""
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service}
                    if "." in service
                    else {"AWS": f"arn:aws:iam::{self.number}:{service}"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        name = f"Test{secrets.token_hex(6)}"
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        self.iam.put_role_policy(RoleName=name, PolicyName="does", PolicyDocument=policy)
        return str(made["Role"]["Arn"])

    def deploy(
        self,
        source: Path,
        handler: str,
        variables: dict[str, str],
        policy: str,
        name: str = "",
        **settings: Any,
    ) -> str:
        """Pack a file or a folder, and make a function of it; return its name."""
        name = name or f"test-{secrets.token_hex(6)}"
        folder = self._scratch / name
        if source.is_dir():
            shutil.copytree(source, folder / source.name)
        else:
            folder.mkdir()
            shutil.copyfile(source, folder / "code.py")
        zipped = self._scratch / f"{name}.zip"
        digest = package.pack(folder, zipped)
        made = self.functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Architectures=["arm64"],
            Role=self.role(policy),
            Handler=handler,
            Code={"ZipFile": zipped.read_bytes()},
            Environment={"Variables": {"PYTHONPATH": LIBRARIES} | variables},
            **settings,
        )
        assert made["CodeSha256"] == digest
        wait_until(lambda: self.state(name) == "Active")
        return name

    def state(self, name: str) -> str:
        """Return whether a function is ready."""
        found = self.functions.get_function_configuration(FunctionName=name)
        return str(found["State"])

    def invoke(self, name: str, event: Any) -> Any:
        """Invoke a function, wait, and return what it returned.

        Raises:
            RuntimeError: with its error.
        """
        reply = self.functions.invoke(FunctionName=name, Payload=json.dumps(event))
        found = json.loads(reply["Payload"].read())
        if "FunctionError" in reply:
            raise RuntimeError(found["errorMessage"])
        return found

    def failures_of(self, name: str, retries: int) -> str:
        """Keep a function's failed events in a queue; return its address."""
        url = str(self.sqs.create_queue(QueueName=f"{name}-failed")["QueueUrl"])
        self.functions.put_function_event_invoke_config(
            FunctionName=name,
            MaximumRetryAttempts=retries,
            DestinationConfig={
                "OnFailure": {
                    "Destination": f"arn:aws:sqs:{REGION}:{self.number}:{name}-failed"
                }
            },
        )
        return url

    def failed(self, url: str, seconds: float) -> list[Any]:
        """Return the failed events that a queue receives within a time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            got = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)
            if messages := got.get("Messages"):
                return [json.loads(message["Body"]) for message in messages]
            time.sleep(0.1)
        return []

    def keys(self, bucket: str = RAW) -> list[str]:
        """List the objects of a bucket."""
        return [o["Key"] for o in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]

    def rows(self, key: str) -> list[Any]:
        """Return the rows of an object of the raw bucket."""
        packed = self.s3.get_object(Bucket=RAW, Key=key)["Body"].read()
        return [json.loads(line) for line in gzip.decompress(packed).splitlines()]

    def clear(self) -> None:
        """Empty the buckets."""
        for bucket in (INBOUND, RAW, PAYROLL):
            for key in self.keys(bucket):
                self.s3.delete_object(Bucket=bucket, Key=key)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The account of this file."""
    with ministack() as engine:
        yield Cloud(engine, tmp_path_factory.mktemp("functions"))


@pytest.fixture
def cloud(started: Cloud) -> Iterator[Cloud]:
    """The account, its buckets empty, for handlers here as for those deployed there."""
    started.clear()
    with environment(**started.engine.environment(), RAW_BUCKET=RAW):
        yield started


def upload(name: str, settings: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what deploys a handler of uploads."""
    return {
        "source": FOLDER / name,
        "handler": "code.handler",
        "variables": {"RAW_BUCKET": RAW},
        "policy": (FOLDER / "role_policy.json").read_text("utf-8"),
        "Timeout": 10,
        **(settings or {}),
    }


def uploaded(key: str, bucket: str = INBOUND) -> dict[str, Any]:
    """Return the event that S3 sends for an object."""
    return {"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}]}


def here(name: str, event: dict[str, Any]) -> list[str]:
    """Let a handler have an event in this process too."""
    found: list[str] = load_example(f"{HERE}/{name}").handler(event, Context())
    return found


def wait_until(is_so: Callable[[], object], seconds: float = 20) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


# --- S3 calls the function ------------------------------------------------------------


def called_by_s3(cloud: Cloud, name: str) -> None:
    """Let the inbound bucket call a function for each new object."""
    arn = cloud.functions.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    cloud.functions.add_permission(
        FunctionName=name,
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{INBOUND}",
        SourceAccount=cloud.number,
    )
    cloud.s3.put_bucket_notification_configuration(
        Bucket=INBOUND,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
            ]
        },
    )


def silent(cloud: Cloud) -> None:
    """Let the inbound bucket call nobody."""
    cloud.s3.put_bucket_notification_configuration(
        Bucket=INBOUND, NotificationConfiguration={}
    )


@pytest.mark.rule("LAM-3")
def test_an_event_twice_is_one_object(cloud: Cloud) -> None:
    def keeps_it_once(name: str) -> None:
        cloud.clear()
        function = cloud.deploy(**upload(name))
        called_by_s3(cloud, function)
        cloud.s3.put_object(Bucket=INBOUND, Key="may 2.csv", Body=CSV.format(1).encode())
        wait_until(cloud.keys)
        silent(cloud)
        before = {key: cloud.s3.head_object(Bucket=RAW, Key=key) for key in cloud.keys()}

        cloud.invoke(function, uploaded("may+2.csv"))
        here(name, uploaded("may+2.csv"))

        found = cloud.keys()
        assert len(found) == 1, f"{len(found)} objects for one file"
        again = cloud.s3.head_object(Bucket=RAW, Key=found[0])
        assert again["ETag"] == before[found[0]]["ETag"]
        assert again["LastModified"] == before[found[0]]["LastModified"]
        assert cloud.rows(found[0])[0]["level_m"] == "1"

    twins(
        keeps_it_once,
        good="on_upload.py",
        bad="wrong/a_new_name_each_time.py",
        harm="3 objects for one file",
    )


@pytest.mark.rule("LAM-2")
def test_a_warm_function_remembers_nothing(cloud: Cloud) -> None:
    def keeps_them_apart(name: str) -> None:
        cloud.clear()
        function = cloud.deploy(**upload(name))
        for number in (1, 2):
            body = CSV.format(number).encode()
            cloud.s3.put_object(Bucket=INBOUND, Key=f"{number}.csv", Body=body)
        cloud.invoke(function, uploaded("1.csv"))
        second = cloud.invoke(function, uploaded("2.csv"))
        levels = [row["level_m"] for row in cloud.rows(second[0])]
        assert levels == ["2"], f"the second object holds the levels {levels}"

    # Here as well, where each line is counted.
    def here_too(name: str) -> None:
        keeps_them_apart(name)
        module = load_example(f"{HERE}/{name}")
        assert module.handler(uploaded("1.csv"), Context())

    twins(
        here_too,
        good="on_upload.py",
        bad="wrong/remembers_the_last_event.py",
        harm=r"the second object holds the levels \['1', '2'\]",
    )
    load_example(f"{HERE}/wrong/remembers_the_last_event.py").handler(
        uploaded("1.csv"), Context()
    )


@pytest.mark.rule("LAM-5")
def test_a_poison_event_ends_in_the_queue(cloud: Cloud) -> None:
    def is_kept(name: str) -> None:
        cloud.clear()
        function = cloud.deploy(**upload(name))
        queue = cloud.failures_of(function, retries=0)
        called_by_s3(cloud, function)
        cloud.s3.put_object(Bucket=INBOUND, Key="poison.csv", Body=b"\xff\xfe")
        if "wrong" in name:
            here(name, uploaded("poison.csv"))
            here(name, uploaded("missing.csv"))
        found = cloud.failed(queue, 2 if "wrong" in name else 10)
        silent(cloud)
        assert len(found) == 1, f"{len(found)} events were kept"
        record = found[0]["requestPayload"]["Records"][0]
        assert record["s3"]["object"]["key"] == "poison.csv"
        assert found[0]["requestContext"]["condition"] == "RetriesExhausted"

    twins(
        is_kept,
        good="on_upload.py",
        bad="wrong/says_that_all_is_well.py",
        harm="0 events were kept",
    )
    cloud.s3.put_object(Bucket=INBOUND, Key="good.csv", Body=CSV.format(1).encode())
    assert len(here("wrong/says_that_all_is_well.py", uploaded("good.csv"))) == 1


# For SQS alone, version 1 of the command line passes over AWS_ENDPOINT_URL.
HERE_TOO = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }\n'


@pytest.mark.audit
def test_the_runbook_brings_a_failed_event_back(cloud: Cloud, tmp_path: Path) -> None:
    runbook = (ETL / "docs" / "runbook.md").read_text("utf-8")
    section = runbook.partition("## A failed event waits in the queue")[2].partition("\n## ")[
        0
    ]
    look, again = re.findall(r"```bash\n(.*?)```", section, re.DOTALL)
    function = cloud.deploy(**upload("on_upload.py"))
    queue = cloud.failures_of(function, retries=0)
    event = json.dumps(uploaded("late.csv"))
    cloud.functions.invoke(FunctionName=function, InvocationType="Event", Payload=event)
    variables = os.environ | {"FAILED_QUEUE_URL": queue, "FUNCTION_NAME": function}
    said: list[dict[str, Any]] = []

    def looked() -> list[dict[str, Any]]:
        shown = subprocess.run(
            ["bash", "-c", HERE_TOO + look],
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        said.extend([json.loads(shown)] if shown.startswith("{") else [])
        return said

    wait_until(looked)
    body = CSV.format(7).encode()
    cloud.s3.put_object(Bucket=INBOUND, Key="late.csv", Body=body)  # the cause is mended
    (tmp_path / "event.json").write_text(json.dumps(said[0]["requestPayload"]), "utf-8")
    subprocess.run(["bash", "-c", again], cwd=tmp_path, env=variables, check=True)

    wait_until(cloud.keys)
    assert cloud.rows(cloud.keys()[0])[0]["level_m"] == "7"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\xff\xfe", "a.csv: is not UTF-8"),
        (b"gauge;level\n", "a.csv: its columns are not gauge, observed_at, level_m"),
        (b"", "a.csv: its columns are not gauge, observed_at, level_m"),
        (b"g" * 101, "a.csv: over 100 bytes"),
    ],
)
def test_a_bad_file_is_named(cloud: Cloud, body: bytes, says: str) -> None:
    cloud.s3.put_object(Bucket=INBOUND, Key="a.csv", Body=body)
    module = load_example(f"{HERE}/on_upload.py")
    module.MOST_BYTES = 100

    with pytest.raises(module.BadFile) as failed:
        module.handler(uploaded("a.csv"), Context())

    assert str(failed.value) == says
    assert cloud.keys() == []


def test_what_s3_refuses_is_no_success(cloud: Cloud) -> None:
    cloud.s3.put_object(Bucket=INBOUND, Key="a.csv", Body=CSV.format(1).encode())

    with environment(RAW_BUCKET="there-is-none"), pytest.raises(ClientError) as failed:
        here("on_upload.py", uploaded("a.csv"))

    assert failed.value.response["Error"]["Code"] == "NoSuchBucket"


def test_a_made_up_event_reaches_no_other_bucket(cloud: Cloud) -> None:
    body = CSV.format(1).encode()
    for bucket in (INBOUND, PAYROLL):
        cloud.s3.put_object(Bucket=bucket, Key="a.csv", Body=body)

    def reads_its_own(policy: str) -> None:
        for key in cloud.keys():
            cloud.s3.delete_object(Bucket=RAW, Key=key)
        found = upload("on_upload.py") | {"policy": (FOLDER / policy).read_text("utf-8")}
        function = cloud.deploy(**found)
        emulated(policy)
        said = ""
        try:
            cloud.invoke(function, uploaded("a.csv", PAYROLL))
        except RuntimeError as error:
            said = str(error)
        assert cloud.keys() == [], f"{PAYROLL} was read"
        assert "AccessDenied" in said
        assert cloud.invoke(function, uploaded("a.csv")) == cloud.keys()

    twins(
        reads_its_own,
        good="role_policy.json",
        bad="wrong/every_bucket.json",
        harm=f"{PAYROLL} was read",
    )


def test_what_ministack_does_otherwise_than_aws(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(PROBE, "utf-8")
    probe = upload("on_upload.py") | {"source": tmp_path / "code.py"}
    function = cloud.deploy(**probe)
    queue = cloud.failures_of(function, retries=1)

    shown = cloud.functions.get_function_configuration(FunctionName=function)
    assert shown["Architectures"] == ["arm64"]
    assert cloud.invoke(function, {}) == [platform.machine(), True]
    reply = cloud.functions.invoke(FunctionName=function, Payload='{"fail": true}')
    assert json.loads(reply["Payload"].read())["errorType"] == "Runtime.HandlerError"
    cloud.functions.invoke(
        FunctionName=function, InvocationType="Event", Payload='{"fail": true}'
    )
    assert len(cloud.failed(queue, 20)) == 1  # AWS waits a minute before it tries again


PROBE = f"""\
import platform
import re
from pathlib import Path


def handler(event, context):
    if "fail" in event:
        raise ValueError("as asked")
    return [platform.machine(), Path({str(FOLDER)!r}).exists()]
"""


# --- settings and secrets -------------------------------------------------------------


@pytest.mark.rule("LAM-10")
def test_a_viewer_of_the_function_sees_no_password(cloud: Cloud) -> None:
    password = secrets.token_urlsafe(20)
    viewer = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "lambda:GetFunctionConfiguration",
                "Resource": "*",
            }
        ],
    }
    arn = cloud.role(json.dumps(viewer), "root")
    keys = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="look")
    keys = keys["Credentials"]
    somebody = boto3.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION
    )

    def hides_it(name: str) -> None:
        text = (FOLDER / name).read_text("utf-8").replace("PASSWORD", password)
        settings = json.loads(text)
        function = cloud.deploy(**upload("on_upload.py", {"variables": settings}))
        emulated(name)
        shown = cloud.client("lambda", somebody).get_function_configuration(
            FunctionName=function
        )
        assert set(settings) <= set(shown["Environment"]["Variables"])
        text = json.dumps(shown["Environment"])
        assert password not in text, "anybody who may look sees the password"

    twins(
        hides_it,
        good="environment.json",
        bad="wrong/password_in_the_environment.json",
        harm="anybody who may look sees the password",
    )


@pytest.mark.rule("LAM-10")
def test_the_password_is_asked_for(cloud: Cloud) -> None:
    module = importlib.import_module("river_levels.secrets")
    vault, name = cloud.client("secretsmanager"), f"/test/{secrets.token_hex(6)}"
    vault.create_secret(Name=name, SecretString="first")
    now = 0.0

    assert module.secret(vault, name, lambda: now) == "first"
    vault.put_secret_value(SecretId=name, SecretString="rotated")
    assert module.secret(vault, name, lambda: now) == "first"
    now = module.KEPT_S
    assert module.secret(vault, name, lambda: now) == "rotated"
    with pytest.raises(ConfigError, match="the secret /test/none cannot be read"):
        module.secret(vault, "/test/none")


def test_the_settings_of_the_page_are_complete() -> None:
    settings = json.loads((FOLDER / "environment.json").read_text("utf-8"))

    with environment(**settings):
        found = Settings()

    assert found.database_secret == "/river-levels/database/login"


# --- the reference pipeline as a function ---------------------------------------------

DAYS = 4
FOUR_DAYS = json.loads((FOLDER / "event.json").read_text("utf-8"))
SIX_DAYS = {"window_start": "2026-03-22T00:00:00Z", "window_end": "2026-03-28T00:00:00Z"}
ONE_DAY = SIX_DAYS | {"window_end": "2026-03-23T00:00:00Z"}


@pytest.fixture
def levels(
    cloud: Cloud, database_url: str, flood_api: ReplayServer
) -> Iterator[dict[str, Any]]:
    """What deploys the reference pipeline; its password lies in Secrets Manager."""
    url = urlsplit(database_url)
    secret_id = f"/river-levels/{secrets.token_hex(6)}"
    login = json.dumps({"username": url.username, "password": url.password or "none"})
    cloud.client("secretsmanager").create_secret(Name=secret_id, SecretString=login)
    address = url._replace(netloc=f"{url.hostname}:{url.port}").geturl()
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": f"arn:aws:s3:::{RAW}/raw/*",
            },
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": f"arn:aws:s3:::{RAW}",
            },
            {
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": f"arn:aws:secretsmanager:{REGION}:*:secret:{secret_id}*",
            },
            {
                "Effect": "Allow",
                "Action": "lambda:InvokeFunction",
                "Resource": f"arn:aws:lambda:{REGION}:{cloud.number}:function:test-*",
            },
        ],
    }
    variables = {
        "DATABASE_URL": address,
        "RIVER_LEVELS_DATABASE_SECRET": secret_id,
        "RIVER_LEVELS_BUCKET": RAW,
        "RIVER_LEVELS_API_URL": flood_api.url,
        "RIVER_LEVELS_REQUESTS_PER_SECOND": "1000",
        "RIVER_LEVELS_DISTANCE_KM": "2.5",  # six gauges: it need not take long
    }
    yield {
        "source": ETL / "src" / "river_levels",
        "handler": "river_levels.handler.handler",
        "variables": variables,
        "policy": json.dumps(policy),
        "Timeout": 300,
    }


def query(database_url: str, text: str) -> list[tuple[Any, ...]]:
    """Ask the database."""
    with psycopg.connect(database_url) as connection:
        return connection.execute(text).fetchall()


READINGS = "SELECT measure_id, observed_at, value FROM raw.readings ORDER BY 1, 2"
WINDOWS = "SELECT DISTINCT window_start FROM ops.runs WHERE status = 'succeeded'"


@pytest.mark.rule("LAM-3")
def test_the_pipeline_runs_as_a_function(
    cloud: Cloud, levels: dict[str, Any], database_url: str, flood_api: ReplayServer
) -> None:
    function = cloud.deploy(**levels)
    event = {"scheduled_time": "2026-03-29T10:07:31Z", "overlap_hours": 23}
    flood_api.misbehave(Fault.RATE_LIMIT_SECONDS, times=2)  # 429, 429, then 200

    first = cloud.invoke(function, event)
    rows, objects = query(database_url, READINGS), cloud.keys()
    second = cloud.invoke(function, event)
    with environment(**levels["variables"]):
        third = pipeline_handler.handler(event, Context())

    window = "[2026-03-28T10:00:00Z, 2026-03-29T10:00:00Z)"
    assert first == second == third == {"done": [window], "resume_from": None}
    assert len(rows) > 100
    assert query(database_url, READINGS) == rows
    assert cloud.keys() == objects


@pytest.mark.rule("LAM-11")
def test_a_function_that_runs_out_of_time_goes_on_in_another(
    cloud: Cloud, levels: dict[str, Any], database_url: str
) -> None:
    # It hands over once 3 of its 64 seconds are gone, and a day takes more than one.
    levels["variables"] |= {
        "RIVER_LEVELS_LAMBDA_RESERVE_S": "61",
        "RIVER_LEVELS_REQUESTS_PER_SECOND": "2",
    }
    function = cloud.deploy(**levels | {"Timeout": 64})

    def succeeded() -> int:
        return len(query(database_url, WINDOWS))

    first = cloud.invoke(function, FOUR_DAYS)

    done = len(first["done"])
    assert 1 <= done < DAYS
    assert first["resume_from"] == f"2026-03-{22 + done}T00:00:00Z"
    wait_until(lambda: succeeded() == DAYS, 60)
    with environment(**levels["variables"]):  # and once more, all of it, from here
        assert len(pipeline_handler.handler(ONE_DAY, Context())["done"]) == 1
    assert succeeded() == DAYS


class Killed(BaseException):
    """Lambda's end of a function: nothing in it notices."""


class Clock:
    """300 seconds for each invocation, of which each day takes 110."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 300.0
        self.days: list[str] = []
        self.handed: list[dict[str, str]] = []
        monkeypatch.setattr(Pipeline, "ingest", self.ingest)
        monkeypatch.setattr(pipeline_handler, "hand_over", self.hand_over)
        monkeypatch.setenv("RIVER_LEVELS_LAMBDA_RESERVE_S", "120")

    def ingest(self, window: Window, command: str) -> None:
        self.left -= 110
        if self.left < 0:
            raise Killed
        self.days.append(str(window))

    def hand_over(self, rest: Window, context: Context, *, has_progress: bool) -> None:
        assert has_progress
        start, _, end = str(rest)[1:-1].partition(", ")
        self.handed.append({"window_start": start, "window_end": end})

    def deliver(self, handler: Any, event: dict[str, str]) -> None:
        """Deliver an event as Lambda does: three times at most, and what it hands over."""
        for _ in range(3):
            self.left = 300.0
            try:
                handler(event, Context(lambda: self.left))
            except Killed:
                continue
            break
        if self.handed:
            self.deliver(handler, self.handed.pop())


def test_the_command_of_the_page_asks_for_a_window(
    cloud: Cloud, levels: dict[str, Any], database_url: str, tmp_path: Path
) -> None:
    cloud.deploy(**levels, name="river-levels-run-development")
    shutil.copyfile(FOLDER / "event.json", tmp_path / "event.json")
    emulated("event.json")

    shown = run_shell(f"examples/{HERE}/invoke.sh", cwd=tmp_path)

    reply = json.loads((tmp_path / "reply.json").read_text("utf-8"))
    assert len(reply["done"]) == len(query(database_url, WINDOWS)) == DAYS
    assert reply["resume_from"] is None
    assert shown.stdout.endswith((tmp_path / "reply.json").read_text("utf-8"))


@pytest.mark.rule("LAM-11")
def test_a_backfill_ends_although_each_run_is_too_short(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [f"[2026-03-{d}T00:00:00Z, 2026-03-{d + 1}T00:00:00Z)" for d in range(22, 28)]

    def loads_every_day(module: Any) -> None:
        with monkeypatch.context() as patch:
            clock = Clock(patch)
            clock.deliver(module.handler, SIX_DAYS)
        loaded = len(set(clock.days))
        assert clock.days == wanted, f"{loaded} of 6 days, in {len(clock.days)} loads"

    bad = load_example(f"{HERE}/wrong/starts_at_the_beginning.py")
    twins(loads_every_day, good=pipeline_handler, bad=bad, harm="2 of 6 days, in 6 loads")
    with monkeypatch.context() as patch:
        Clock(patch).deliver(bad.handler, ONE_DAY)  # a day fits, so nobody notices


@pytest.mark.rule("LAM-4")
def test_a_request_gives_up_before_the_function_is_killed() -> None:
    settings = json.loads((FOLDER / "environment.json").read_text("utf-8"))
    with environment(**settings):
        found = Settings()

    def ends_in_time(module: Any) -> None:
        limited = module.within(found, 300.0)
        longest = limited.retry_budget_s + limited.read_timeout_s + 5
        assert longest <= 290, f"a request may take {longest:.0f} s of 300"

    bad = load_example(f"{HERE}/wrong/waits_longer_than_it_lives.py")
    twins(ends_in_time, good=pipeline_handler, bad=bad, harm="may take 335 s of 300")


def test_too_little_time_is_said_at_once(cloud: Cloud, levels: dict[str, Any]) -> None:
    function = cloud.deploy(**levels | {"Timeout": 30})

    with pytest.raises(RuntimeError, match="s are too few for one request - set the time"):
        cloud.invoke(function, SIX_DAYS)


@pytest.mark.rule("LAM-8")
def test_each_line_of_the_log_names_the_request(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"scheduled_time": "2026-03-29T10:07:31Z"}

    with environment(RIVER_LEVELS_DISTANCE_KM="2.5"):
        pipeline_handler.handler(event, Context())

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {line["request_id"] for line in lines} == {"here"}
    assert {"extract.done", "load.done", "lambda.done"} <= {line["event"] for line in lines}


# --- the zip ----------------------------------------------------------------------------

AARCH64 = b"\xb7\x00"


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[], Path]:
    """Makes a copy of what the zip is made of."""

    def copy() -> Path:
        place = tmp_path / secrets.token_hex(4)
        (place / "build").mkdir(parents=True)
        for name in ("pyproject.toml", "uv.lock", "README.md", "LICENSE", ".python-version"):
            shutil.copyfile(ETL / name, place / name)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ETL / "src", place / "src", ignore=ignored)
        return place

    return copy


@pytest.mark.rule("LAM-7")
def test_the_zip_is_made_for_the_processor_that_runs_it(
    repository: Callable[[], Path],
) -> None:
    def is_for_arm(script: str) -> None:
        place = repository()
        run_shell(f"examples/{HERE}/{script}", cwd=place)
        with zipfile.ZipFile(place / "build" / "river-levels.zip") as archive:
            native = [n for n in archive.namelist() if Path(n).suffix in {".so", ".pyd"}]
            foreign = [n for n in native if archive.read(n)[18:20] != AARCH64]
            described = [n for n in archive.namelist() if n.startswith("river_levels_etl-")]
        assert native
        # Without it the import fails: the package asks for its own version.
        assert [n for n in described if n.endswith(".dist-info/METADATA")]
        assert foreign == [], f"not for arm64: {', '.join(foreign)}"

    twins(
        is_for_arm,
        good="package.sh",
        bad="wrong/package_for_this_laptop.sh",
        harm="not for arm64: orjson/",
    )


@pytest.mark.audit
def test_two_builds_are_the_same_zip(repository: Callable[[], Path]) -> None:
    ran = [run_shell(f"examples/{HERE}/package.sh", cwd=repository()) for _ in range(2)]

    assert ran[0].stdout == ran[1].stdout


# --- the module -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of the module, its provider installed."""
    try:
        made = Workspace(EXAMPLES / MODULE, tmp_path_factory.mktemp("tf") / "function")
        made.init()
    except EngineError as error:
        pytest.skip(str(error))
    return made


@pytest.fixture(scope="module")
def plan(
    workspace: Workspace, started: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> Plan:
    """The plan of the reference pipeline's function, in a network of ours."""
    folder = tmp_path_factory.mktemp("plan")
    digest = package.pack(ETL / "src", folder / "river-levels.zip")
    with environment(AWS_ENDPOINT_URL=started.engine.endpoint_url):
        return workspace.plan(
            {
                "name": "river-levels-run-development",
                "package": str(folder / "river-levels.zip"),
                "package_hash": digest,
                "handler": "river_levels.handler.handler",
                "environment": json.loads((FOLDER / "environment.json").read_text("utf-8")),
                "event": {"overlap_hours": 48},
                "policy_json": (FOLDER / "role_policy.json").read_text("utf-8"),
                "schedule_expression": "cron(7 * * * ? *)",
                "timeout_s": 300,
                "alarm_topic_arn": "arn:aws:sns:eu-west-2:000000000000:alarms",
                "vpc": {"subnet_ids": ["subnet-0a"], "security_group_ids": ["sg-0a"]},
            }
        )


@pytest.mark.rule("LAM-5")
def test_failure_and_silence_raise_an_alarm(plan: Plan) -> None:
    prove_plan(plan, f"examples/{MODULE}")
    alarms = [v for a, v in plan.resources.items() if a.startswith("aws_cloudwatch_metric")]

    metrics = {alarm["metric_name"] for alarm in alarms if alarm.get("metric_name")}
    silence = next(a for a in alarms if a["alarm_name"].endswith("-no-success"))
    wanted = {"Errors", "Throttles", "DestinationDeliveryFailures"}
    assert metrics == wanted | {"ApproximateNumberOfMessagesVisible"}
    assert silence["treat_missing_data"] == "breaching"
    expressions = {query["expression"] for query in silence["metric_query"]}
    assert "invocations - FILL(errors, 0)" in expressions
    retries = plan.resources["aws_lambda_function_event_invoke_config.this"]
    assert retries["maximum_retry_attempts"] == 2


@pytest.mark.rule("LAM-6")
def test_one_run_at_a_time(plan: Plan) -> None:
    prove_plan(plan, f"examples/{MODULE}")

    planned = plan.resources["aws_lambda_function.this"]
    assert planned["reserved_concurrent_executions"] == 1
    assert (planned["runtime"], planned["architectures"]) == ("python3.12", ["arm64"])
    assert planned["timeout"] == 300


@pytest.mark.rule("LAM-8")
def test_the_log_is_json_and_ends_after_a_month(plan: Plan) -> None:
    prove_plan(plan, f"examples/{MODULE}")

    assert plan.resources["aws_cloudwatch_log_group.this"]["retention_in_days"] == 30
    logging = plan.resources["aws_lambda_function.this"]["logging_config"][0]
    assert logging["log_format"] == "JSON"


def test_the_scheduler_gets_its_own_word(plan: Plan) -> None:
    prove_plan(plan, f"examples/{MODULE}")
    target = plan.resources["aws_scheduler_schedule.this"]["target"][0]

    assert "<aws.scheduler.scheduled-time>" in target["input"]
    event = json.loads(target["input"].replace("<aws.scheduler.scheduled-time>", MOMENT))
    window = Window.parse("2026-03-27T09:00", "2026-03-29T10:00")
    assert pipeline_handler.window_of(event) == window


MOMENT = "2026-03-29T10:07:00Z"


@pytest.mark.audit
def test_the_modules_own_tests_pass(workspace: Workspace) -> None:
    (workspace.folder / VARIABLES).unlink(missing_ok=True)  # the plan's are not theirs
    prove_tests(workspace, f"examples/{MODULE}")

    assert (ROOT / "examples" / MODULE / "tests" / "function.tftest.hcl").is_file()
