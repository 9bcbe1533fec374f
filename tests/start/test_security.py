"""Proofs of docs/start/security.md."""

import base64
import importlib.metadata
import importlib.resources
import json
import os
import secrets
import string
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
import yaml
from botocore.exceptions import ClientError

from guidance.engines import AwsEngine, environment, ministack
from guidance.evidence import load_example, regions, run_shell, twins, validate_schema
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES

HERE = "start/security"
FOLDER = EXAMPLES / HERE
REGION = "eu-west-2"
BUCKET = "river-levels-data-raw-development"
PRODUCTION = "river-levels-data-raw-production"
PAYROLL = "payroll-data-raw-development"
GITHUB = "token.actions.githubusercontent.com"


def text_of(name: str) -> str:
    """Return an example's text."""
    return (FOLDER / name).read_text("utf-8")


def enforced(name: str) -> None:
    """Note that the emulator held requests against this policy."""
    ref = f"examples/{HERE}/{name}"
    tool = f"boto3 {boto3.__version__}"
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.EMULATED, tool))


def validated(name: str, tool: str) -> None:
    """Note that a tool read this file; it refuses what is wrong."""
    ref = f"examples/{HERE}/{name}"
    version = importlib.metadata.version(tool)
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, f"{tool} {version}"))


def pair(good: str, wrong: str) -> dict[str, Any]:
    """Load an example and its counter-example."""
    return {
        "good": load_example(f"{HERE}/{good}.py"),
        "bad": load_example(f"{HERE}/wrong/{wrong}.py"),
    }


# --- SEC-2: secrets -------------------------------------------------------------------


def made_up(alphabet: str, length: int) -> str:
    """Make up a string; what this file plants is in no file of ours."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


LETTERS = string.ascii_letters + string.digits


def access_key() -> str:
    return "AKIA" + made_up(string.ascii_uppercase + "234567", 16)


def notebook(line: str) -> str:
    """Return a notebook that prints a line, with its output."""
    output = {"output_type": "stream", "name": "stdout", "text": [line + "\n"]}
    cell = {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {},
        "outputs": [output],
        "source": ["print(settings)"],
    }
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1)


CANARIES: dict[str, Callable[[], str]] = {
    "client.py": lambda: f'c = boto3.client("s3", aws_access_key_id="{access_key()}")\n',
    "load.py": lambda: f'URL = "postgresql://etl:{made_up(LETTERS, 20)}@db/levels"\n',
    "main.tf": lambda: f'  password = "{made_up(LETTERS, 20)}"\n',
    "variables.tf": lambda: f'  default = "{access_key()}"\n',
    "look.ipynb": lambda: notebook(f"{{'password': '{made_up(LETTERS, 20)}'}}"),
    "try.ipynb": lambda: notebook("token gh" + "p_" + made_up(LETTERS, 36)),
    "deploy.key": lambda: "-----BEGIN RSA " + "PRIVATE KEY-----\n",
}
PLACEHOLDERS = """\
password = os.environ["RIVER_LEVELS_PASSWORD"]
password = var.password
secret_name = "/river-levels/database/password"
aws_secret_access_key = "test"
password = "changeme"
aws_access_key_id = "AKIAIOSFODNN7{}"
URL = "postgresql://etl:${{PASSWORD}}@db/levels"
""".format("EXAMPLE")


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    """A new git repository, and git without anybody's settings."""
    nowhere = tmp_path / "gitconfig"
    nowhere.write_text("[user]\nname = Sam\nemail = sam@example.org\n", "utf-8")
    folder = tmp_path / "repository"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    hidden = dict.fromkeys(n for n in os.environ if n.startswith("GIT_"))
    with environment(**hidden):
        with environment(GIT_CONFIG_GLOBAL=str(nowhere), PATH=path):
            subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
            yield folder


def git(folder: Path, *arguments: str) -> str:
    """Run git and return what it prints."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


def plant(folder: Path) -> None:
    """Write a secret into each kind of file, and stage it."""
    for name, canary in CANARIES.items():
        (folder / name).write_text(canary(), "utf-8")
    git(folder, "add", "--all")


@pytest.mark.rule("SEC-2")
def test_every_planted_secret_is_found(repository: Path) -> None:
    plant(repository)

    def finds_all(name: str) -> None:
        # Without --no-verify the scanner asks the vendor: keep it on this machine.
        offline = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
        ref = f"examples/{HERE}/{name}"
        shown = run_shell(ref, cwd=repository, env=offline, exit_code=123).stdout
        missed = [canary for canary in CANARIES if f"{canary}:" not in shown]
        assert missed == [], f"misses {missed}"

    twins(
        finds_all,
        good="scan.sh",
        bad="wrong/scan_as_it_comes.sh",
        harm=r"misses \['client.py'\]",
    )


@pytest.mark.rule("SEC-2")
def test_a_placeholder_is_not_a_secret(repository: Path) -> None:
    (repository / "settings.py").write_text(PLACEHOLDERS, "utf-8")
    git(repository, "add", "--all")

    assert run_shell(f"examples/{HERE}/scan.sh", cwd=repository).stdout == ""


# --- an account in which IAM is enforced ----------------------------------------------


class Account:
    """An account with two environments' buckets, a neighbour, and secrets."""

    def __init__(self, engine: AwsEngine) -> None:
        self.engine = engine
        self.root = boto3.Session("test", "test", region_name=REGION)
        self.s3 = self.client("s3")
        self.iam = self.client("iam")
        self.sts = self.client("sts")
        self.number = self.sts.get_caller_identity()["Account"]
        for bucket in (BUCKET, PRODUCTION, PAYROLL):
            where = {"LocationConstraint": REGION}
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
            for key in ("raw/a", "private/a"):
                self.s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        for name in ("/river-levels/url", "/river-levels-hr/url", "/payroll/url"):
            self.client("secretsmanager").create_secret(Name=name, SecretString="x")

    def client(self, service: str, session: boto3.Session | None = None) -> Any:
        """Return a client of the account's root, or of somebody else."""
        session = session or self.root
        return session.client(service, endpoint_url=self.engine.endpoint_url)

    def name(self) -> str:
        """Make up a name for a role or policy."""
        return f"Test{secrets.token_hex(6)}"

    def role(self, policy: str, boundary: str = "") -> boto3.Session:
        """Return a session of a new role that has a policy of the page."""
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{self.number}:root"},
            "Action": "sts:AssumeRole",
        }
        limits = {}
        if boundary:
            made = self.iam.create_policy(
                PolicyName=self.name(), PolicyDocument=text_of(boundary)
            )
            limits["PermissionsBoundary"] = made["Policy"]["Arn"]
        name = self.name()
        made = self.iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=document(trust), **limits
        )
        self.iam.put_role_policy(
            RoleName=name, PolicyName="does", PolicyDocument=text_of(policy)
        )
        keys = self.sts.assume_role(RoleArn=made["Role"]["Arn"], RoleSessionName="test")
        keys = keys["Credentials"]
        return boto3.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION
        )


def document(*statements: dict[str, Any]) -> str:
    """Return a policy as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """An account of this file alone, on the engine that enforces IAM."""
    with ministack() as engine:
        yield Account(engine)


def outcome(call: Callable[[], object]) -> str:
    """Return ``done``, or the code of the refusal."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "done"


def reached(account: Account, session: boto3.Session) -> set[str]:
    """Return what a role can really do; the attempts are the same for all."""
    s3 = account.client("s3", session)
    vault = account.client("secretsmanager", session)
    iam = account.client("iam", session)
    attempts: dict[str, Callable[[], object]] = {
        "list raw/": lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix="raw/"),
        "read raw/": lambda: s3.get_object(Bucket=BUCKET, Key="raw/a"),
        "write raw/": lambda: s3.put_object(Bucket=BUCKET, Key="raw/b", Body=b""),
        "write exports/": lambda: s3.put_object(Bucket=BUCKET, Key="exports/b", Body=b""),
        "read own secret": lambda: vault.get_secret_value(SecretId="/river-levels/url"),
        "list all": lambda: s3.list_objects_v2(Bucket=BUCKET),
        "read private/": lambda: s3.get_object(Bucket=BUCKET, Key="private/a"),
        "delete raw/": lambda: s3.delete_object(Bucket=BUCKET, Key="raw/b"),
        "write production": lambda: s3.put_object(Bucket=PRODUCTION, Key="raw/b", Body=b""),
        "read payroll": lambda: s3.get_object(Bucket=PAYROLL, Key="raw/a"),
        "read hr secret": lambda: vault.get_secret_value(SecretId="/river-levels-hr/url"),
        "read payroll secret": lambda: vault.get_secret_value(SecretId="/payroll/url"),
        "make a user": lambda: iam.create_user(UserName=account.name()),
    }
    found = {name: outcome(attempt) for name, attempt in attempts.items()}
    assert set(found.values()) <= {"done", "AccessDenied", "AccessDeniedException"}
    return {name for name, said in found.items() if said == "done"}


NEEDED = {"list raw/", "read raw/", "write raw/", "write exports/", "read own secret"}


@pytest.mark.rule("SEC-4")
@pytest.mark.parametrize(
    ("wrong", "harm"),
    [
        ("everything", "delete raw/, list all, read hr secret, read payroll,"),
        ("star_too_early", "also list all, read hr secret, read private/, write prod"),
    ],
)
def test_a_role_can_do_what_it_needs_and_nothing_else(
    account: Account, wrong: str, harm: str
) -> None:
    def is_least(policy: str) -> None:
        can = reached(account, account.role(policy))
        assert not NEEDED - can, f"cannot {NEEDED - can}"
        assert not can - NEEDED, f"can also {', '.join(sorted(can - NEEDED))}"
        enforced(policy)

    twins(is_least, good="pipeline_policy.json", bad=f"wrong/{wrong}.json", harm=harm)
    enforced(f"wrong/{wrong}.json")


@pytest.mark.rule("SEC-4")
def test_a_boundary_holds_back_a_policy_that_allows_everything(account: Account) -> None:
    free = reached(account, account.role("wrong/everything.json"))
    held = reached(account, account.role("wrong/everything.json", "boundary.json"))
    meant = reached(account, account.role("pipeline_policy.json", "boundary.json"))
    enforced("boundary.json")

    assert free - held == {"delete raw/", "write production"}
    assert meant == NEEDED


@pytest.mark.rule("SEC-4")
def test_the_simulator_agrees_with_what_happens(account: Account) -> None:
    may = load_example(f"{HERE}/may.py").may
    good, bad = text_of("pipeline_policy.json"), text_of("wrong/everything.json")
    own, other = f"arn:aws:s3:::{BUCKET}/raw/a", f"arn:aws:s3:::{PRODUCTION}/raw/a"

    with environment(**account.engine.environment()):
        assert may(good, "s3:PutObject", own)
        assert not may(good, "s3:PutObject", other)
        assert not may(good, "s3:DeleteObject", own)
        assert may(bad, "s3:DeleteObject", other)


# --- SEC-4: who may assume the role from GitHub ---------------------------------------

OLD = "repo:example-org/river-levels-etl"
NEW = "repo:example-org@1001/river-levels-etl@2001"
ADMITTED = {f"{OLD}:environment:development", f"{NEW}:environment:development"}
TURNED_AWAY = {
    f"{OLD}:pull_request",
    f"{OLD}:ref:refs/heads/main",
    f"{OLD}:environment:production",
    f"{NEW}:pull_request",
    f"{NEW}:environment:production",
    "repo:example-org@1001/river-levels-etl@2999:environment:development",
    "repo:example-org/website:pull_request",
    "repo:example-org/website:environment:development",
    "repo:example-org-2/river-levels-etl:environment:development",
    "repo:example-org@1001/website@2002:environment:development",
}


def token(subject: str, audience: str = "sts.amazonaws.com") -> str:
    """Return a token as GitHub writes it; nobody signed it, and ministack asks nobody."""

    def part(claims: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()

    claims = {"iss": f"https://{GITHUB}", "sub": subject, "aud": audience}
    return f"{part({'alg': 'none'})}.{part(claims)}.{part({})}"


def admitted(account: Account, trust: str, tokens: dict[str, str]) -> set[str]:
    """Return which of some tokens get a role with a trust policy of the page."""
    ours = text_of(trust).replace("000000000000", account.number)
    role = account.iam.create_role(RoleName=account.name(), AssumeRolePolicyDocument=ours)
    arn = role["Role"]["Arn"]
    enforced(trust)
    said = {
        name: outcome(
            lambda token=token: account.sts.assume_role_with_web_identity(
                RoleArn=arn, RoleSessionName="deploy", WebIdentityToken=token
            )
        )
        for name, token in tokens.items()
    }
    assert set(said.values()) <= {"done", "AccessDenied"}
    return {name for name, result in said.items() if result == "done"}


@pytest.mark.rule("SEC-4")
@pytest.mark.parametrize(
    "harm", ["repo:example-org/website:pull_request", "misses .*@2001:environment"]
)
def test_only_one_repositorys_deployments_get_the_role(account: Account, harm: str) -> None:
    tokens = {subject: token(subject) for subject in ADMITTED | TURNED_AWAY}

    def admits_the_right_ones(trust: str) -> None:
        found = admitted(account, trust, tokens)
        wrongly = ", ".join(sorted(found - ADMITTED))
        missed = ", ".join(sorted(ADMITTED - found))
        assert found == ADMITTED, f"admits {wrongly}; misses {missed}"

    twins(
        admits_the_right_ones,
        good="github_trust.json",
        bad="wrong/whole_organisation.json",
        harm=harm,
    )


def test_a_token_for_another_audience_is_turned_away(account: Account) -> None:
    subject = f"{OLD}:environment:development"
    tokens = {"ours": token(subject), "another's": token(subject, "https://example.org")}

    assert admitted(account, "github_trust.json", tokens) == {"ours"}


# --- SEC-2: revoke first --------------------------------------------------------------


@pytest.mark.rule("SEC-2")
def test_a_leaked_key_works_until_it_is_revoked(account: Account, repository: Path) -> None:
    def stops_the_thief(name: str) -> None:
        user = account.name()
        account.iam.create_user(UserName=user)
        key = account.iam.create_access_key(UserName=user)["AccessKey"]
        leaked = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], None, REGION)
        (repository / "settings.py").write_text(f"KEY = '{key['AccessKeyId']}'\n", "utf-8")
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "--message", "feat: settings")
        variables = {k: v for k, v in account.engine.environment().items() if v is not None}
        ours = {"LEAKED_USER": user, "LEAKED_KEY_ID": key["AccessKeyId"]}
        run_shell(f"examples/{HERE}/{name}", cwd=repository, env=variables | ours)
        assert key["AccessKeyId"] in git(repository, "log", "--patch")
        said = outcome(account.client("sts", leaked).get_caller_identity)
        assert said == "InvalidClientTokenId", "the leaked key still works"

    twins(
        stops_the_thief,
        good="revoke.sh",
        bad="wrong/delete_and_commit.sh",
        harm="the leaked key still works",
    )


# --- SEC-5: buckets -------------------------------------------------------------------


def anonymously(account: Account, bucket: str) -> int:
    """Read an object as anybody on the internet would; return the status."""
    try:
        url = f"{account.engine.endpoint_url}/{bucket}/raw/a"
        with urllib.request.urlopen(url, timeout=10) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def new_bucket(account: Account) -> str:
    """Make a bucket with one object."""
    bucket = f"test-{secrets.token_hex(6)}"
    where = {"LocationConstraint": REGION}
    account.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    account.s3.put_object(Bucket=bucket, Key="raw/a", Body=b"x")
    return bucket


@pytest.mark.rule("SEC-5")
def test_a_public_policy_does_no_harm(account: Account) -> None:
    def stays_private(module: Any) -> None:
        bucket = new_bucket(account)
        module.close(account.s3, bucket)
        pasted = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        }
        outcome(lambda: account.s3.put_bucket_policy(Bucket=bucket, Policy=document(pasted)))
        status = anonymously(account, bucket)
        assert status == 403, f"anybody can read it: {status}"

    twins(
        stays_private,
        **pair("bucket", "open_for_a_moment"),
        harm="anybody can read it: 200",
    )


@pytest.mark.rule("SEC-5")
def test_clear_text_is_denied(account: Account) -> None:
    bucket = new_bucket(account)
    session = account.role("wrong/everything.json")
    plain, encrypted = account.client("s3", session), account.client("s3", session)
    encrypted.meta.events.register("before-send.s3", behind_tls)

    assert outcome(lambda: plain.get_object(Bucket=bucket, Key="raw/a")) == "done"
    load_example(f"{HERE}/bucket.py").close(account.s3, bucket)

    assert outcome(lambda: plain.get_object(Bucket=bucket, Key="raw/a")) == "AccessDenied"
    assert outcome(lambda: encrypted.get_object(Bucket=bucket, Key="raw/a")) == "done"


def behind_tls(request: Any, **ignored: Any) -> None:
    """Say that a proxy took the request over TLS, which ministack believes."""
    request.headers["X-Forwarded-Proto"] = "https"


# --- SEC-8: files of suppliers --------------------------------------------------------


@pytest.fixture
def raw(s3: Any, bucket: str) -> Iterator[str]:
    """A raw bucket beside the inbound one."""
    name = f"{bucket}-raw"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield name
    for found in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=found["Key"])
    s3.delete_bucket(Bucket=name)


def arrives(s3: Any, bucket: str, key: str, body: bytes, scan: str = "") -> None:
    """Put a supplier's file into quarantine, with what the scan said."""
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    if scan:
        tag = {"Key": "GuardDutyMalwareScanStatus", "Value": scan}
        s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": [tag]})


CLEAN = "NO_THREATS_FOUND"


@pytest.mark.rule("SEC-8")
@pytest.mark.parametrize(
    ("key", "body", "scan", "says"),
    [
        ("waste.csv", b"a,b\n", "", "the scan says nothing yet"),
        ("waste.csv", b"a,b\n", "THREATS_FOUND", "the scan says THREATS_FOUND"),
        ("waste.zip", b"PK\x03\x04", "UNSUPPORTED", "the scan says UNSUPPORTED"),
        ("waste.csv", b"MZ\x90\0", CLEAN, "not what its name says"),
        ("waste.xlsx", b"<html>", CLEAN, "not what its name says"),
        ("waste.exe", b"a,b\n", CLEAN, "not what its name says"),
        ("waste.csv", b"a,b\n" * 9, CLEAN, "36 bytes are too many"),
    ],
)
def test_an_unseen_file_stays_in_quarantine(
    s3: Any, bucket: str, raw: str, key: str, body: bytes, scan: str, says: str
) -> None:
    arrives(s3, bucket, key, body, scan)
    modules = pair("inbound", "straight_to_raw")
    modules["good"].MOST_BYTES = 20

    def stays(module: Any) -> None:
        reason = ""
        try:
            module.promote(s3, bucket, raw, key)
        except module.Rejected as error:
            reason = str(error)
        found = s3.list_objects_v2(Bucket=raw)["KeyCount"]
        assert found == 0, "it is in the raw zone"
        assert says in reason

    twins(stays, **modules, harm="it is in the raw zone")


@pytest.mark.rule("SEC-8")
@pytest.mark.parametrize(
    ("key", "body"), [("waste.csv", b"a,b\n"), ("waste.XLSX", b"PK\x03\x04...")]
)
def test_a_clean_file_is_promoted(
    s3: Any, bucket: str, raw: str, key: str, body: bytes
) -> None:
    arrives(s3, bucket, key, body, CLEAN)

    load_example(f"{HERE}/inbound.py").promote(s3, bucket, raw, key)

    assert s3.get_object(Bucket=raw, Key=f"raw/{key}")["Body"].read() == body


# --- SEC-11: SQL ----------------------------------------------------------------------


@pytest.fixture
def levels(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A database with a table of three rows."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute("CREATE TABLE raw.levels (loaded_at timestamptz NOT NULL)")
        connection.execute(
            "INSERT INTO raw.levels SELECT timestamptz '2026-03-01 00:00Z' + n * interval "
            "'1 day' FROM generate_series(0, 2) AS n"
        )
        yield connection


@pytest.mark.rule("SEC-11")
@pytest.mark.parametrize(
    ("table", "since"),
    [
        ("levels; DROP TABLE raw.levels; --", "2026-03-01T00:00:00Z"),
        ("levels", "2026-03-01'; DROP TABLE raw.levels; --"),
    ],
    ids=["identifier", "value"],
)
def test_a_name_is_a_name_whatever_it_says(
    levels: psycopg.Connection[Any], table: str, since: str
) -> None:
    def survives(module: Any) -> None:
        try:
            module.count_rows(levels, "raw", table, since)
        except psycopg.Error as error:
            assert "levels" in str(error)
        found = levels.execute("SELECT to_regclass('raw.levels')").fetchone()
        assert found == ("raw.levels",), "the table is gone"

    modules = pair("counting", "name_in_the_text")
    assert modules["good"].count_rows(levels, "raw", "levels", "2026-03-02T00:00:00Z") == 2
    # Without a statement behind it, the other does its job: nobody notices in a review.
    assert modules["bad"].count_rows(levels, "raw", "levels", "2026-03-02T00:00:00Z") == 0
    twins(survives, **modules, harm="the table is gone")


# --- SEC-12: what others wrote --------------------------------------------------------


@pytest.mark.rule("SEC-12")
def test_yaml_runs_no_code(tmp_path: Path) -> None:
    folder = tmp_path / "made-by-yaml"
    text = f"retries: !!python/object/apply:os.mkdir [{json.dumps(str(folder))}]\n"

    def runs_nothing(module: Any) -> None:
        try:
            module.settings_from(text)
        except yaml.YAMLError as error:
            assert "could not determine a constructor" in str(error)
        assert not folder.exists(), "it ran code"

    modules = pair("untrusted", "does_what_it_reads")
    assert modules["good"].settings_from("retries: 3") == {"retries": 3}
    twins(runs_nothing, **modules, harm="it ran code")


@pytest.mark.rule("SEC-12")
def test_an_archive_writes_no_more_than_allowed(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.csv", b"0" * 8_000_000)
    assert bomb.stat().st_size < 20_000
    runs = iter(("good", "bad"))

    def stops(module: Any) -> None:
        scratch = tmp_path / next(runs)
        scratch.mkdir()
        try:
            module.unpack(bomb, scratch, 1_000_000)
        except module.TooLarge as error:
            assert str(error) == "bomb.zip: over 1000000"
        written = sum(path.stat().st_size for path in scratch.iterdir())
        assert written <= 1_000_000, f"wrote {written} bytes"

    twins(stops, **pair("untrusted", "does_what_it_reads"), harm="wrote 8000000 bytes")


@pytest.mark.rule("SEC-12")
def test_an_archive_stays_in_its_folder(tmp_path: Path) -> None:
    archive = tmp_path / "slip.zip"
    with zipfile.ZipFile(archive, "w") as entries:
        entries.writestr("../outside.csv", "a,b\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    unpack = load_example(f"{HERE}/untrusted.py").unpack

    assert unpack(archive, scratch, 100) == [scratch / "outside.csv"]
    assert not (tmp_path / "outside.csv").exists()
    returned = load_example(f"{HERE}/wrong/does_what_it_reads.py").unpack(
        archive, tmp_path / "other", 100
    )
    assert [path.name for path in returned] == ["outside.csv"]


# --- SEC-6, SEC-7: what we build on ---------------------------------------------------

SCHEMAS = importlib.resources.files("check_jsonschema").joinpath("builtin_schemas/vendor")


@pytest.mark.rule("SEC-6")
def test_dependencies_are_looked_at_each_week() -> None:
    found: Any = validate_schema(
        "examples/river-levels-etl/.github/dependabot.yml",
        str(SCHEMAS.joinpath("dependabot.json")),
    )
    lock = (EXAMPLES / "river-levels-etl" / "uv.lock").read_text("utf-8")

    updates = {update["package-ecosystem"]: update for update in found["updates"]}
    assert set(updates) >= {"uv", "github-actions"}
    assert {u["schedule"]["interval"] for u in updates.values()} == {"weekly"}
    files = [line for line in lock.splitlines() if "{ url = " in line and ".whl" in line]
    assert len(files) > 20
    assert all('hash = "sha256:' in line for line in files)


def audit(name: str) -> set[str]:
    """Return what zizmor finds in a workflow."""
    program = Path(sys.executable).with_name("zizmor")
    done = subprocess.run(
        [program, "--offline", "--no-progress", "--format", "json", str(FOLDER / name)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return {finding["ident"] for finding in json.loads(done.stdout)}


@pytest.mark.rule("SEC-7")
def test_a_workflow_gives_nothing_away() -> None:
    def is_sound(name: str) -> None:
        found = audit(name)
        validated(name, "zizmor")
        assert found == set(), ", ".join(sorted(found))

    twins(
        is_sound,
        good="deploy.yml",
        bad="wrong/trusts_every_pull_request.yml",
        harm="dangerous-triggers.*template-injection.*unpinned-uses",
    )
