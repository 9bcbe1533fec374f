"""Proofs of docs/lifecycle/s3.md."""

import json
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError

from guidance.engines import AwsEngine, EngineError, environment, ministack
from guidance.engines.aws import REGION
from guidance.engines.terraform import Workspace
from guidance.evidence import load_example, prove_plan, regions, run_shell, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES

HERE = "lifecycle/s3"
FOLDER = EXAMPLES / HERE
MODULE = "river-levels-etl/infra/modules/data_bucket"
ACCOUNT = "000000000000"
RAW = f"river-levels-data-raw-development-{ACCOUNT}"
LOCATION: Any = {"LocationConstraint": REGION}

type Make = Callable[..., Workspace]


def emulated(name: str) -> None:
    """Note that the emulator took a file of the page, and worked by it."""
    ref = f"examples/{HERE}/{name}"
    tool = f"boto3 {boto3.__version__}"
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.EMULATED, tool))


def pair(good: str, wrong: str) -> dict[str, ModuleType]:
    """Load an example and its counter-example."""
    return {
        "good": load_example(f"{HERE}/{good}.py"),
        "bad": load_example(f"{HERE}/wrong/{wrong}.py"),
    }


def outcome(call: Callable[[], object]) -> str:
    """Return ``done``, or the code of the refusal."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "done"


class Account:
    """An account on the engine that enforces IAM."""

    def __init__(self, engine: AwsEngine) -> None:
        self.engine = engine
        self.root = boto3.Session("test", "test", region_name=REGION)
        self.s3 = self.client("s3")
        self.iam = self.client("iam")
        self.sts = self.client("sts")

    def client(self, service: str, session: boto3.Session | None = None) -> Any:
        """Return a client of the account's root, or of somebody else."""
        session = session or self.root
        return session.client(service, endpoint_url=self.engine.endpoint_url)

    def bucket(self, name: str, **settings: Any) -> str:
        """Make a bucket anew."""
        self.empty(name)
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration=LOCATION, **settings)
        return name

    def empty(self, name: str) -> None:
        """Remove a bucket if it is there."""
        if outcome(lambda: self.s3.head_bucket(Bucket=name)) == "404":
            return
        found = self.s3.list_object_versions(Bucket=name)
        for one in [*found.get("Versions", []), *found.get("DeleteMarkers", [])]:
            self.s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
        self.s3.delete_bucket(Bucket=name)

    def role(self, policy: str) -> boto3.Session:
        """Return a session of a new role that has a policy."""
        name = f"Test{secrets.token_hex(6)}"
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
        self.iam.put_role_policy(RoleName=name, PolicyName="does", PolicyDocument=policy)
        keys = self.sts.assume_role(RoleArn=made["Role"]["Arn"], RoleSessionName="test")
        found = keys["Credentials"]
        return boto3.Session(
            found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], REGION
        )


def document(*statements: dict[str, Any]) -> str:
    """Return a policy as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """An account of this file alone."""
    with ministack() as engine:
        yield Account(engine)


# --- S3-1: names ----------------------------------------------------------------------


@pytest.mark.rule("S3-1")
def test_each_environment_has_a_bucket_of_its_own(account: Account) -> None:
    def all_can_be_made(module: ModuleType) -> None:
        names = [
            module.bucket_name("river-levels", zone, environment, ACCOUNT)
            for zone in ("raw", "trusted")
            for environment in ("development", "production")
        ]
        made = [
            outcome(
                lambda name=name: account.s3.create_bucket(
                    Bucket=name, CreateBucketConfiguration=LOCATION
                )
            )
            for name in names
        ]
        for name in set(names):
            account.empty(name)
        assert set(made) == {"done"}, f"{made.count('done')} of 4: {made[-1]}"

    twins(
        all_can_be_made,
        **pair("naming", "named_for_the_source"),
        harm="1 of 4: BucketAlreadyOwnedByYou",
    )


def test_a_name_says_whose_what_and_where() -> None:
    naming = load_example(f"{HERE}/naming.py")
    audit = load_example(f"{HERE}/audit.py")

    assert naming.bucket_name("river-levels", "raw", "development", ACCOUNT) == RAW
    assert audit.NAME.fullmatch(RAW)
    assert audit.NAME.fullmatch(f"{RAW}-eu-west-2-an")
    for parts, says in {
        ("river-levels", "bronze", "development", ACCOUNT): "no such zone",
        ("river-levels", "raw", "uat", ACCOUNT): "no such zone",
        ("River_Levels", "raw", "test", ACCOUNT): "a-z, 0-9",
        ("river--levels", "raw", "test", ACCOUNT): "a-z, 0-9",
        ("river-levels", "raw", "test", "1234"): "12 digits",
        ("household-waste-and-recycling-missed-b", "raw", "test", ACCOUNT): "65 characters",
    }.items():
        with pytest.raises(ValueError, match=says):
            naming.bucket_name(*parts)


def test_a_name_in_the_accounts_own_namespace(s3: Any, aws_engine: AwsEngine) -> None:
    if aws_engine.name != "moto":
        pytest.skip("moto is the one that checks the form of the name")
    naming = load_example(f"{HERE}/naming.py")
    mine = boto3.client("sts").get_caller_identity()["Account"]
    name = naming.bucket_name("river-levels", "raw", "test", mine)

    made = naming.create_in_own_namespace(s3, name)

    s3.delete_bucket(Bucket=made)
    assert made == f"river-levels-data-raw-test-{mine}-eu-west-2-an"
    other = naming.bucket_name("river-levels", "raw", "test", "111122223333")
    said = outcome(lambda: naming.create_in_own_namespace(s3, other))
    assert said == "InvalidNamespaceHeader"


def test_ministack_takes_any_name_for_a_namespace(account: Account) -> None:
    """AWS and moto refuse it: when this fails, mend the page's gotcha."""
    said = outcome(
        lambda: account.s3.create_bucket(
            Bucket="any-name", BucketNamespace="account-regional",
            CreateBucketConfiguration=LOCATION,
        )
    )  # fmt: skip

    account.empty("any-name")
    assert said == "done"


# --- S3-1: set-up ---------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the commands of the page read."""
    for name in ("lifecycle.json", "policy.json"):
        shutil.copy(FOLDER / name, tmp_path)
    return tmp_path


@pytest.mark.rule("S3-1", "S3-2")
def test_a_bucket_made_by_hand_is_brought_into_line(account: Account, folder: Path) -> None:
    audit = load_example(f"{HERE}/audit.py")
    env = {k: v for k, v in account.engine.environment().items() if v is not None}

    def is_sound(script: str) -> None:
        account.bucket(RAW)
        run_shell(f"examples/{HERE}/{script}", cwd=folder, env=env)
        found = list(audit.faults(account.s3, RAW))
        assert found == [], "; ".join(found)

    twins(
        is_sound,
        good="existing.sh",
        bad="wrong/made_by_hand.sh",
        harm="no versions; uploads that broke off .*; old versions stay .*; .* clear text",
    )
    emulated("policy.json")
    emulated("lifecycle.json")


def test_the_audit_finds_a_bucket_with_everything_wrong(
    account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = load_example(f"{HERE}/audit.py")
    account.bucket("open-bucket")
    account.s3.delete_public_access_block(Bucket="open-bucket")
    account.s3.put_bucket_ownership_controls(
        Bucket="open-bucket",
        OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    )
    monkeypatch.setattr("sys.argv", ["audit.py", "open-bucket"])

    with environment(**account.engine.environment()):
        assert audit.main() == 1

    said = capsys.readouterr().out.splitlines()
    assert len(said) == 8
    assert {"it can be made public", "it has ACLs"} < set(said)
    with pytest.raises(ClientError, match="NoSuchBucket"):
        list(audit.faults(account.s3, f"river-levels-data-raw-test-{ACCOUNT}"))


def test_the_audit_as_it_is_shown(account: Account) -> None:
    account.bucket(RAW)
    env = {k: v for k, v in account.engine.environment().items() if v is not None}

    done = run_shell(f"examples/{HERE}/audit.sh", cwd=FOLDER, env=env, exit_code=1)

    assert "EventBridge does not learn of new objects" in done.stdout


def test_emulators_take_days_that_s3_refuses(account: Account) -> None:
    """AWS wants 30 days: when this fails, mend the page's gotcha."""
    account.bucket(RAW)
    soon = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}}
    soon["Transitions"] = [{"Days": 7, "StorageClass": "STANDARD_IA"}]  # type: ignore[assignment]

    said = outcome(
        lambda: account.s3.put_bucket_lifecycle_configuration(
            Bucket=RAW, LifecycleConfiguration={"Rules": [soon]}
        )
    )

    assert said == "done"


# --- S3-1: Terraform ------------------------------------------------------------------


@pytest.fixture
def zones(tmp_path: Path) -> Workspace:
    """The configuration of the page beside a copy of the module."""
    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(FOLDER / "main.tf", source)
    shutil.copytree(EXAMPLES / MODULE, source / "modules" / "data_bucket")
    try:
        workspace = Workspace(source, tmp_path / "terraform")
        workspace.init()
    except EngineError as error:
        pytest.skip(str(error))
    return workspace


def lifecycle_of(planned: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rules of a plan in the form of S3's API."""
    rules = []
    for found in planned["rule"]:
        rule = {"ID": found["id"], "Status": found["status"], "Filter": {}}
        for one in found["abort_incomplete_multipart_upload"]:
            days = {"DaysAfterInitiation": one["days_after_initiation"]}
            rule["AbortIncompleteMultipartUpload"] = days
        for one in found["noncurrent_version_expiration"]:
            days = {"NoncurrentDays": one["noncurrent_days"]}
            rule["NoncurrentVersionExpiration"] = days
        for one in found["transition"]:
            moved = {"Days": one["days"], "StorageClass": one["storage_class"]}
            rule["Transitions"] = [moved]
        for one in found["expiration"]:
            rule["Expiration"] = (
                {"Days": one["days"]}
                if one.get("days")
                else {"ExpiredObjectDeleteMarker": one["expired_object_delete_marker"]}
            )
        rules.append(rule)
    return rules


@pytest.mark.rule("S3-1")
def test_terraform_plans_the_same_bucket(zones: Workspace, account: Account) -> None:
    with environment(**account.engine.environment()):
        plan = zones.plan({"environment": "development"})
    prove_plan(plan, f"examples/{HERE}")
    RECORDER.proof(
        Proof(
            ref := f"examples/{MODULE}/main.tf:lifecycle",
            regions.find(ref).sha256,
            Level.PLANNED,
            plan.tool,
        )
    )

    found = plan.resources
    names = {v["bucket"] for k, v in found.items() if k.endswith(".aws_s3_bucket.this")}
    ours = json.loads((FOLDER / "lifecycle.json").read_text("utf-8"))["Rules"]
    raw = 'module.zone["raw"].aws_s3_bucket_'
    assert RAW in names
    assert len(names) == 4
    assert lifecycle_of(found[f"{raw}lifecycle_configuration.this"]) == ours
    assert found[f"{raw}notification.this[0]"]["eventbridge"] is True
    versioning = found[f"{raw}versioning.this"]["versioning_configuration"]
    assert [one["status"] for one in versioning] == ["Enabled"]


@pytest.mark.audit
def test_terraform_applies_it_and_it_does_not_drift(
    zones: Workspace, account: Account
) -> None:
    audit = load_example(f"{HERE}/audit.py")
    account.empty(RAW)
    with environment(**account.engine.environment()):
        zones.plan({"environment": "development"})
        zones.apply()
        second = zones.plan({"environment": "development"})
        found = list(audit.faults(account.s3, RAW))
        zones.destroy()

    assert second.changes == {}
    assert found == []


@pytest.mark.audit
def test_the_modules_own_tests_pass(terraform: Make) -> None:
    found = terraform(MODULE).test()

    assert len(found) > 8
    assert set(found.values()) == {"pass"}


# --- S3-1: lifecycle by date ----------------------------------------------------------

CREATED = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)


def rules_of(name: str) -> list[dict[str, Any]]:
    """Return the lifecycle rules of a file of the page."""
    found: list[dict[str, Any]] = json.loads((FOLDER / name).read_text("utf-8"))["Rules"]
    return found


@pytest.mark.rule("S3-1")
def test_expired_bytes_are_gone_on_a_date(account: Account) -> None:
    ageing = load_example(f"{HERE}/ageing.py")
    text = (EXAMPLES / "river-levels-etl" / "pipeline.yml").read_text("utf-8")
    pipeline = yaml.safe_load(text)

    def go(name: str) -> None:
        account.bucket(RAW)
        account.s3.put_bucket_lifecycle_configuration(
            Bucket=RAW, LifecycleConfiguration={"Rules": rules_of(name)}
        )
        kept = account.s3.get_bucket_lifecycle_configuration(Bucket=RAW)["Rules"]
        emulated(name)
        found = ageing.ages(kept, CREATED)
        assert found.gone_on is not None, f"hidden on {found.hidden_on}, and never gone"
        assert found.hidden_on == date(2026, 10, 16)
        kept_days = (found.gone_on - CREATED.date()).days
        assert kept_days == pipeline["retention"]["raw_objects_days"] == 365

    twins(
        go,
        good="lifecycle.json",
        bad="wrong/expires_only.json",
        harm="hidden on 2027-01-16, and never gone",
    )


@pytest.mark.parametrize(
    ("created", "cools_on"),
    [
        (CREATED, date(2026, 4, 16)),
        (datetime(2026, 1, 15, 23, 59, tzinfo=UTC), date(2026, 4, 16)),
        (datetime(2026, 6, 1, 0, 30).astimezone(), date(2026, 8, 31)),
        (datetime(2023, 12, 1, tzinfo=UTC), date(2024, 3, 1)),
    ],
)
def test_s3_rounds_up_to_midnight_in_utc(created: datetime, cools_on: date) -> None:
    ageing = load_example(f"{HERE}/ageing.py")

    found = ageing.ages(rules_of("lifecycle.json"), created)

    assert found.cools_on == cools_on
    assert ageing.ages([], created) == ageing.Ages()


# --- S3-2: clear text -----------------------------------------------------------------


def behind_tls(request: Any, **ignored: Any) -> None:
    """Say that a proxy took the request over TLS, which ministack believes."""
    request.headers["X-Forwarded-Proto"] = "https"


@pytest.fixture
def visitor(account: Account) -> boto3.Session:
    """A role whose own policy allows everything in S3."""
    return account.role(document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))


@pytest.mark.rule("S3-2")
def test_neither_objects_nor_the_list_go_in_clear_text(
    account: Account, visitor: boto3.Session
) -> None:
    plain, encrypted = (account.client("s3", visitor) for _ in range(2))
    encrypted.meta.events.register("before-send.s3", behind_tls)

    def is_refused(name: str) -> None:
        account.bucket(RAW)
        account.s3.put_object(Bucket=RAW, Key="a", Body=b"x")
        policy = (FOLDER / name).read_text("utf-8")
        account.s3.put_bucket_policy(Bucket=RAW, Policy=policy)
        emulated(name)
        said = {
            "reads": outcome(lambda: plain.get_object(Bucket=RAW, Key="a")),
            "lists": outcome(lambda: plain.list_objects_v2(Bucket=RAW)),
        }
        assert outcome(lambda: encrypted.get_object(Bucket=RAW, Key="a")) == "done"
        assert outcome(lambda: encrypted.list_objects_v2(Bucket=RAW)) == "done"
        does = [name for name, code in said.items() if code == "done"]
        assert does == [], f"in clear text it {does}"

    twins(
        is_refused,
        good="policy.json",
        bad="wrong/objects_only.json",
        harm=r"in clear text it \['lists'\]",
    )


def test_ministack_knows_no_organisation(account: Account, visitor: boto3.Session) -> None:
    """AWS lets members in: when this fails, mend the page's gotcha."""
    account.bucket(RAW)
    outside = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{RAW}", f"arn:aws:s3:::{RAW}/*"],
        "Condition": {
            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
    }
    client = account.client("s3", visitor)

    before = outcome(lambda: client.list_objects_v2(Bucket=RAW))
    account.s3.put_bucket_policy(Bucket=RAW, Policy=document(outside))

    assert before == "done"
    assert outcome(lambda: client.list_objects_v2(Bucket=RAW)) == "AccessDenied"


# --- S3-3: keys; S3-6: events ---------------------------------------------------------


class Mailbox:
    """What EventBridge says of a bucket."""

    def __init__(self, account: Account) -> None:
        self.sqs = account.client("sqs")
        self.url = self.sqs.create_queue(QueueName="arrivals")["QueueUrl"]
        asked = {"QueueUrl": self.url, "AttributeNames": ["QueueArn"]}
        arn = self.sqs.get_queue_attributes(**asked)["Attributes"]["QueueArn"]
        events = account.client("events")
        events.put_rule(Name="s3", EventPattern=json.dumps({"source": ["aws.s3"]}))
        events.put_targets(Rule="s3", Targets=[{"Id": "queue", "Arn": arn}])

    def take(self, count: int, word: str) -> list[dict[str, Any]]:
        """Return so many events that name a word; drop the others."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + 10
        while len(found) < count and time.monotonic() < deadline:
            asked = {"QueueUrl": self.url, "MaxNumberOfMessages": 10}
            for message in self.sqs.receive_message(**asked).get("Messages", []):
                found += [json.loads(message["Body"])] if word in message["Body"] else []
                receipt = message["ReceiptHandle"]
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)
        return found


@pytest.fixture(scope="module")
def mailbox(account: Account) -> Mailbox:
    """A queue that gets all events of S3."""
    return Mailbox(account)


def announce(account: Account) -> str:
    """Make a bucket of which EventBridge learns."""
    account.bucket(RAW)
    account.s3.put_bucket_notification_configuration(
        Bucket=RAW, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return RAW


@pytest.mark.rule("S3-3")
def test_a_key_tells_nobody_who_wrote(account: Account, mailbox: Mailbox) -> None:
    report = {"reporter": "Sam Example", "born": "1990-02-03"}
    body = json.dumps(report).encode()

    def says_nothing(module: ModuleType) -> None:
        start = datetime(2026, 3, 1, tzinfo=UTC)
        key = module.raw_key("flood_reports", start, report, body)
        announce(account)
        account.s3.put_object(Bucket=RAW, Key=key, Body=body)
        told = json.dumps(mailbox.take(1, "flood_reports/"))
        assert "flood_reports/" in told
        assert "Example" not in told, "every subscriber learns of Sam_Example_1990-02-03"

    twins(
        says_nothing,
        **pair("keys", "name_in_the_key"),
        harm="every subscriber learns of Sam_Example",
    )


@pytest.mark.rule("S3-6")
def test_the_last_event_is_the_one_that_happened_last(
    account: Account, mailbox: Mailbox
) -> None:
    announce(account)
    key = "raw/Q1 2026 (final)+x.csv"
    account.s3.put_object(Bucket=RAW, Key=key, Body=b"x")
    account.s3.delete_object(Bucket=RAW, Key=key)
    created, deleted = sorted(
        mailbox.take(2, "Q1 2026"), key=lambda event: event["detail-type"]
    )
    orders = [
        [created, deleted],
        [deleted, created],
        [created, deleted, created],
        [deleted, deleted, created, created],
    ]

    def knows_that_it_is_gone(module: ModuleType) -> None:
        for events in orders:
            said = module.last_word(events)
            assert said == {key: "Object Deleted"}, f"reads what is gone: {said}"

    twins(
        knows_that_it_is_gone,
        **pair("arrivals", "trusts_the_order"),
        harm="reads what is gone: .*Object Created",
    )
    # Shorter is smaller, although the text sorts behind.
    shorter = json.loads(json.dumps(created))
    shorter["detail"]["object"]["sequencer"] = "F"
    assert load_example(f"{HERE}/arrivals.py").last_word([deleted, shorter]) == {
        key: "Object Deleted"
    }


# --- S3-4: role, zone, action ---------------------------------------------------------

PLACES = ["flood_monitoring/", "flood_reports/"]
ALLOWED = {
    "loader": {"list landing", "read landing", "list raw", "read raw", "write raw"},
    "transformer": {
        "list raw",
        "read raw",
        "list refined",
        "read refined",
        "write refined",
        "list trusted",
        "read trusted",
        "write trusted",
    },
    "analyst": {"list trusted", "read trusted"},
}


@pytest.fixture(scope="module")
def lake(account: Account) -> Sequence[str]:
    """The zones of two environments, an object below each of two prefixes."""
    names = [
        f"river-levels-data-{zone}-{where}-{ACCOUNT}"
        for where in ("test", "production")
        for zone in ("landing", "raw", "refined", "trusted")
    ]
    for name in names:
        account.bucket(name)
        account.s3.put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Enabled"}
        )
        for place in PLACES:
            account.s3.put_object(Bucket=name, Key=f"{place}a", Body=b"x")
    return names


def reached(account: Account, names: Sequence[str], session: boto3.Session) -> set[str]:
    """Return what a role can do, of each action in each zone below each prefix."""
    s3 = account.client("s3", session)
    found: dict[str, str] = {}
    for name in names:
        zone, where = name.split("-")[3:5]
        for place in PLACES:
            asked = {"Bucket": name, "Key": f"{place}a"}
            attempts: dict[str, Callable[[], object]] = {
                "list": lambda asked=asked, place=place: s3.list_objects_v2(
                    Bucket=asked["Bucket"], Prefix=place
                ),
                "read": lambda asked=asked: s3.get_object(**asked),
                "write": lambda asked=asked: s3.put_object(**asked, Body=b""),
                "delete": lambda asked=asked: s3.delete_object(**asked),
            }
            shown = zone if place == PLACES[0] else f"{zone}/{place}"
            shown = shown if where == "test" else f"{shown} of {where}"
            found |= {f"{verb} {shown}": outcome(call) for verb, call in attempts.items()}
    assert set(found.values()) <= {"done", "AccessDenied"}
    assert len(found) == 64
    return {attempt for attempt, said in found.items() if said == "done"}


@pytest.mark.rule("S3-4")
@pytest.mark.parametrize("role", sorted(ALLOWED))
def test_role_by_zone_by_action(account: Account, lake: Sequence[str], role: str) -> None:
    modules = pair("grants", "lists_everything")
    grants = modules["good"].GRANTS[role]

    def is_least(module: ModuleType) -> None:
        session = account.role(module.policy(grants, "test", ACCOUNT))
        can = reached(account, lake, session)
        assert not ALLOWED[role] - can, f"cannot {ALLOWED[role] - can}"
        assert can == ALLOWED[role], f"can also {sorted(can - ALLOWED[role])}"

    twins(is_least, **modules, harm=r"can also \['list \w+/flood_reports/'")


# --- S3-5: locks ----------------------------------------------------------------------


@pytest.mark.rule("S3-5")
def test_evidence_stays_and_the_rest_can_be_erased(account: Account) -> None:
    def does_both(module: ModuleType) -> None:
        name = account.bucket(
            f"flood-archive-evidence-test-{secrets.randbelow(10**12):012}",
            ObjectLockEnabledForBucket=True,
        )
        until = datetime.now(UTC) + timedelta(days=365)
        version = module.keep_until(account.s3, name, "section-19.pdf", b"x", until)
        report = account.s3.put_object(Bucket=name, Key="report.json", Body=b"Sam")
        kept = outcome(
            lambda: account.s3.delete_object(
                Bucket=name, Key="section-19.pdf", VersionId=version,
                BypassGovernanceRetention=True,
            )
        )  # fmt: skip
        erased = outcome(
            lambda: account.s3.delete_object(
                Bucket=name, Key="report.json", VersionId=report["VersionId"]
            )
        )
        assert kept == "AccessDenied"
        assert erased == "done", f"cannot erase a resident's report: {erased}"

    twins(
        does_both,
        **pair("lock", "locked_for_good"),
        harm="cannot erase a resident's report: AccessDenied",
    )
