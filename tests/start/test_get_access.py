"""Proofs of docs/start/get-access.md."""

import datetime as dt
import hashlib
import http.server
import importlib.metadata
import importlib.resources
import json
import os
import secrets
import shutil
import string
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

import boto3
import botocore.configloader
import pytest
from botocore.credentials import SSOProvider
from botocore.exceptions import BotoCoreError
from botocore.tokens import SSOTokenProvider

from guidance.engines import AwsEngine, environment
from guidance.evidence import (
    assert_output,
    load_example,
    regions,
    run_shell,
    twins,
    validate_schema,
)
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES

HERE = "start/get-access"
FOLDER = EXAMPLES / HERE
REGION = "eu-west-2"
DEVELOPMENT, PRODUCTION = "111111111111", "333333333333"


def text_of(name: str) -> str:
    """Return an example's text."""
    return (FOLDER / name).read_text("utf-8")


def parsed_by_botocore(name: str) -> None:
    """Note that botocore read a file of the page; it refuses what it cannot parse."""
    ref = f"examples/{HERE}/{name}"
    tool = f"botocore {importlib.metadata.version('botocore')}"
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, tool))


def user_key() -> str:
    """Make up the id of a key of an IAM user; it is in no file of ours."""
    letters = string.ascii_uppercase + "234567"
    return "AKIA" + "".join(secrets.choice(letters) for _ in range(16))


# --- the doctor, on machines that are made up ----------------------------------------

type Answers = dict[str, str | None]

TOOLS: Answers = {
    "uv --version": "uv 0.13.9\n",
    "uv pip": "six==1.17.0\n",
    "git config --global user.name": "Sam Example\n",
    "git config --global user.email": "sam.example@council.gov.uk\n",
    "git config --global credential.helper": "manager\n",
    "code --version": "1.106.0\n",
}


class Made:
    """A machine that is made up: files, variables and what its commands answer."""

    def __init__(self, home: PurePath) -> None:
        self.home = home
        self.env: dict[str, str] = {}
        self.files: dict[PurePath, str] = {home / ".aws" / "config": text_of("config.ini")}
        self.answers = dict(TOOLS)
        self.python = (3, 12)

    def run(self, *command: str, given: str = "") -> str | None:
        """Answer a command."""
        line = " ".join(command)
        return next((a for c, a in self.answers.items() if line.startswith(c)), None)

    def machine(self, doctor: Any) -> Any:
        """Return it as the doctor wants it."""
        return doctor.Machine(self.env, self.home, self.python, self.files.get, self.run)


LINUX = PurePosixPath("/somewhere/sam")
WINDOWS = PureWindowsPath(r"D:\Profiles\sam")


def old_python(made: Made) -> None:
    made.python = (3, 10)


def no_uv(made: Made) -> None:
    made.answers["uv --version"] = None


def no_index(made: Made) -> None:
    made.answers["uv pip"] = None


def private_address(made: Made) -> None:
    made.answers["git config --global user.email"] = "sam@example.org\n"


def token_in_a_file(made: Made) -> None:
    token = "github_" + "pat_" + secrets.token_hex(11)
    made.files[made.home / ".git-credentials"] = f"https://sam:{token}@github.com\n"


def no_aws_config(made: Made) -> None:
    made.files.clear()


def default_profile(made: Made) -> None:
    made.files[made.home / ".aws" / "config"] += "[default]\nregion = eu-west-2\n"


def no_sso_session(made: Made) -> None:
    made.files[made.home / ".aws" / "config"] = text_of("wrong/no_sso_session.ini")


def another_region(made: Made) -> None:
    config = made.home / ".aws" / "config"
    made.files[config] = made.files[config].replace(
        "DataReader\nregion = eu-west-2", "DataReader\nregion = us-east-1"
    )


def region_variable(made: Made) -> None:
    made.env["AWS_DEFAULT_REGION"] = "us-east-1"


def static_key(made: Made) -> None:
    text = f"[old]\naws_access_key_id = {user_key()}\n"
    made.files[made.home / ".aws" / "credentials"] = text


def broken_file(made: Made) -> None:
    made.files[made.home / ".aws" / "credentials"] = "aws_access_key_id = 1\n"


def two_homes(made: Made) -> None:
    made.env["HOME"] = str(made.home.with_name("network-drive"))


def no_editor(made: Made) -> None:
    made.answers["code --version"] = None


FAULTS: dict[Callable[[Made], None], tuple[str, str]] = {
    old_python: ("Python", "run `uv python install 3.12`"),
    no_uv: ("uv", "run `pip install uv`"),
    no_index: ("package index", "set HTTPS_PROXY"),
    private_address: ("git identity", "signs as sam@example.org: run `git config"),
    token_in_a_file: ("git tokens", "revoke them, delete ~/.git-credentials"),
    no_aws_config: ("AWS sign-in", "has no profile: copy the sample"),
    default_profile: ("AWS sign-in", "[default] is used when --profile is forgotten"),
    no_sso_session: ("AWS sign-in", "[profile river-levels-development] has no sso-session"),
    another_region: ("AWS sign-in", "production] has another region: write `region ="),
    region_variable: ("AWS region", "is us-east-1: run `unset AWS_DEFAULT_REGION`"),
    static_key: ("no static keys", "deactivate it in IAM, then delete it here"),
    broken_file: ("no static keys", "a file in .aws is broken: File contains no section"),
    two_homes: ("one home", "set HOME to the second"),
    no_editor: ("editor", "install VS Code, with `Add to PATH`"),
}


RULES = {
    static_key: "ACC-1",
    default_profile: "ACC-2",
    no_sso_session: "ACC-2",
    another_region: "ACC-2",
    token_in_a_file: "ACC-6",
    private_address: "ACC-6",
}


def planted() -> list[Any]:
    """Return each fault, marked with the rule that it breaks."""
    return [
        pytest.param(
            plant,
            id=plant.__name__,
            marks=[pytest.mark.rule(RULES[plant])] if plant in RULES else [],
        )
        for plant in FAULTS
    ]


@pytest.mark.parametrize("home", [LINUX, WINDOWS], ids=["posix", "windows"])
@pytest.mark.parametrize("plant", planted())
def test_each_fault_is_found_alone_with_its_remedy(
    home: PurePath, plant: Callable[[Made], None]
) -> None:
    doctor = load_example(f"{HERE}/doctor.py")
    made = Made(home)
    check, remedy = FAULTS[plant]

    assert not any(doctor.diagnose(made.machine(doctor)).values())
    plant(made)
    found = {n: f for n, f in doctor.diagnose(made.machine(doctor)).items() if f}

    assert list(found) == [check]
    assert len(found[check]) == 1
    assert remedy in found[check][0]


def test_nobody_is_named_where_git_knows_nobody() -> None:
    doctor = load_example(f"{HERE}/doctor.py")
    made = Made(LINUX)
    for command in ("git config --global user.name", "git config --global user.email"):
        made.answers[command] = None

    name, address = doctor.diagnose(made.machine(doctor))["git identity"]

    assert name == "git has no name: run `git config --global user.name 'You Here'`"
    assert address.startswith("git signs as nobody")


def test_windows_paths_are_read_as_windows_reads_them() -> None:
    doctor = load_example(f"{HERE}/doctor.py")
    made = Made(WINDOWS)
    made.env = {"LOCALAPPDATA": r"D:\Local", "HOME": "d:/profiles/SAM"}
    made.answers["code --version"] = None
    code = r"D:\Local\Programs\Microsoft VS Code\bin\code.cmd"
    made.files[PureWindowsPath(code)] = "@echo off\n"

    machine = made.machine(doctor)

    assert not any(doctor.diagnose(machine).values())
    assert str(doctor.aws_file(machine, "AWS_CONFIG_FILE", "config")) == (
        r"D:\Profiles\sam\.aws\config"
    )
    made.env["AWS_CONFIG_FILE"] = r"E:\aws\config"
    made.files[PureWindowsPath(r"E:\aws\config")] = ""
    assert r"E:\aws\config has no profile" in doctor.diagnose(machine)["AWS sign-in"][0]


@pytest.mark.rule("ACC-1")
def test_keys_are_found_in_all_three_places() -> None:
    doctor = load_example(f"{HERE}/doctor.py")
    made = Made(LINUX)
    made.files[LINUX / ".aws" / "config"] += (
        f"[profile old]\naws_access_key_id = {user_key()}\n"
    )
    made.files[LINUX / ".aws" / "credentials"] = f"[a]\naws_access_key_id={user_key()}\n"
    made.env["AWS_ACCESS_KEY_ID"] = user_key()
    machine = made.machine(doctor)

    def all_are_found(module: Any) -> None:
        found = list(module.no_static_keys(machine))
        assert len(found) == 3, f"{len(found)} of 3 keys found"

    twins(
        all_are_found,
        good=doctor,
        bad=load_example(f"{HERE}/wrong/looks_in_one_place.py"),
        harm="1 of 3 keys found",
    )
    made.env["AWS_ACCESS_KEY_ID"] = user_key().replace("AKIA", "ASIA")  # expires by itself
    assert len(list(doctor.no_static_keys(machine))) == 2


# --- the doctor, on a home that exists ------------------------------------------------


class PackageIndex(http.server.BaseHTTPRequestHandler):
    """An index with one package."""

    WHEEL = "six-1.17.0-py3-none-any.whl"

    def do_GET(self) -> None:
        page = f'<a href="/{self.WHEEL}" data-dist-info-metadata="true">{self.WHEEL}</a>'
        if self.path.endswith(".metadata"):
            page = "Metadata-Version: 2.1\nName: six\nVersion: 1.17.0\n"
        kind = "text/plain" if self.path.endswith(".metadata") else "text/html"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def package_index() -> Iterator[str]:
    """The address of a package index on this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), PackageIndex) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/simple"
        server.shutdown()


def alone() -> AbstractContextManager[None]:
    """Hide what the shell of whoever runs this test has set."""
    hidden = [n for n in os.environ if n.startswith(("AWS_", "GIT_", "UV_"))]
    return environment(**dict.fromkeys(hidden))


def home_variables(home: Path, index: str) -> dict[str, str]:
    """Return the environment of a new user of this machine, with this Python and uv."""
    uv = os.environ.get("UV") or shutil.which("uv")
    assert uv is not None
    first = [str(Path(sys.executable).parent), str(Path(uv).parent), str(home / "bin")]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GIT_", "UV"))}
    return kept | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "PATH": os.pathsep.join([*first, os.environ["PATH"]]),
        "UV_DEFAULT_INDEX": index,
        "UV_HTTP_RETRIES": "0",
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with an editor of sorts, and nothing else."""
    folder = tmp_path / "home"
    (folder / "bin").mkdir(parents=True)
    (folder / ".aws").mkdir()
    editor = folder / "bin" / "code"
    editor.write_text("#!/bin/sh\necho 1.106.0\n", "utf-8")
    editor.chmod(0o755)
    return folder


YOU = {"YOUR_NAME": "Sam Example", "YOUR_WORK_EMAIL": "sam.example@council.gov.uk"}


@pytest.mark.skipif(sys.platform == "win32", reason="plants a shell script as editor")
def test_a_good_home_is_good(home: Path, package_index: str) -> None:
    variables = home_variables(home, package_index)
    shutil.copy(FOLDER / "config.ini", home / ".aws" / "config")
    doctor = load_example(f"{HERE}/doctor.py")

    with alone(), environment(**variables):
        run_shell(f"examples/{HERE}/git_setup.sh", cwd=home, env=YOU)
        assert doctor.main() == 0
    parsed_by_botocore("config.ini")


@pytest.mark.skipif(sys.platform == "win32", reason="plants a shell script as editor")
def test_the_doctor_prints_what_the_page_shows(home: Path, package_index: str) -> None:
    variables = home_variables(home, package_index)
    shutil.copy(FOLDER / "wrong" / "default_profile.ini", home / ".aws" / "config")
    (home / ".aws" / "credentials").write_text(
        f"[sam]\naws_access_key_id = {user_key()}\n", "utf-8"
    )
    with alone():
        run_shell(f"examples/{HERE}/wrong/tokens_in_a_file.sh", cwd=home, env=variables)
        shown = run_shell(f"examples/{HERE}/doctor.sh", cwd=FOLDER, env=variables, exit_code=1)

    assert shown.stdout.count("FAULT") == 4
    assert_output(f"examples/{HERE}/doctor.out", shown.stdout)


def test_a_command_that_fails_or_is_absent_answers_nothing(home: Path) -> None:
    doctor = load_example(f"{HERE}/doctor.py")
    variables = home_variables(home, "http://127.0.0.1:9/simple")
    machine = doctor.this_machine(variables)

    assert machine.run("git", "config", "--global", "no.such") is None
    assert machine.run("no-such-program") is None
    assert machine.read(home / "absent") is None
    assert list(doctor.index_answers(machine)) != []
    assert (machine.home, machine.python) == (home, sys.version_info[:2])


# --- the AWS configuration, read by botocore ------------------------------------------


class Portal(http.server.BaseHTTPRequestHandler):
    """The sign-in portal of IAM Identity Center: renews tokens, gives role keys."""

    asked: list[str]

    def do_GET(self) -> None:
        account = self.path.partition("account_id=")[2].partition("&")[0]
        self.asked.append(account)
        expires = int((dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).timestamp() * 1000)
        keys = {"accessKeyId": "x" * 16, "secretAccessKey": "x", "sessionToken": "x"}
        self._answer({"roleCredentials": keys | {"expiration": expires}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"accessToken": "renewed", "expiresIn": 3600, "tokenType": "Bearer"})

    def _answer(self, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class SignedIn:
    """A home in which ``aws sso login`` ran some time ago."""

    def __init__(self, home: Path, url: str, asked: list[str]) -> None:
        self._home, self.asked = home, asked
        self.variables: dict[str, str | None] = dict.fromkeys(
            name for name in os.environ if name.startswith("AWS_")
        )
        self.variables |= {
            "AWS_CONFIG_FILE": str(home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_SSO": url,
            "AWS_ENDPOINT_URL_SSO_OIDC": url,
        }

    def configure(self, name: str, *, token_ends_in: dt.timedelta) -> None:
        """Write a configuration of the page, and the token that a sign-in left."""
        self.asked.clear()
        (self._home / "config").write_text(text_of(name), "utf-8")
        now = dt.datetime.now(dt.UTC)
        token = {
            "startUrl": "https://example.awsapps.com/start",
            "region": REGION,
            "accessToken": "first",
            "expiresAt": f"{now + token_ends_in:%Y-%m-%dT%H:%M:%SZ}",
            "clientId": "client",
            "clientSecret": "not a secret",
            "registrationExpiresAt": f"{now + dt.timedelta(days=60):%Y-%m-%dT%H:%M:%SZ}",
            "refreshToken": "refresh",
        }
        cache = self._home / ".aws" / "sso" / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        for key in ("council", token["startUrl"]):
            digest = hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
            (cache / f"{digest}.json").write_text(json.dumps(token), "utf-8")

    def credentials(self, profile: str | None) -> Any:
        """Return what boto3 signs with; None if it finds nobody."""
        with environment(**self.variables):
            found = boto3.Session(profile_name=profile).get_credentials()
            return found.get_frozen_credentials() if found else None


@pytest.fixture
def signed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SignedIn]:
    """A home with a sign-in, and a portal on this machine."""
    cache = str(tmp_path / ".aws" / "sso" / "cache")  # botocore asks for ~ at its import
    for provider in (SSOProvider, SSOTokenProvider):
        monkeypatch.setattr(provider, "_SSO_TOKEN_CACHE_DIR", cache)
    asked: list[str] = []
    handler = type("Handler", (Portal,), {"asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        yield SignedIn(tmp_path, f"http://127.0.0.1:{server.server_address[1]}", asked)
        server.shutdown()


def test_the_sample_says_what_the_page_says() -> None:
    profiles = botocore.configloader.load_config(str(FOLDER / "config.ini"))["profiles"]
    accounts = {name: profile["sso_account_id"] for name, profile in profiles.items()}

    assert accounts == {
        "river-levels-development": DEVELOPMENT,
        "river-levels-production": PRODUCTION,
    }
    assert {profile["region"] for profile in profiles.values()} == {REGION}
    assert {profile["output"] for profile in profiles.values()} == {"json"}
    parsed_by_botocore("config.ini")


@pytest.mark.rule("ACC-2")
def test_a_forgotten_profile_reaches_no_account(signed_in: SignedIn) -> None:
    def reaches_none(name: str) -> None:
        signed_in.configure(name, token_ends_in=dt.timedelta(hours=8))
        signed_in.credentials(None)
        assert signed_in.asked == []

    twins(reaches_none, good="config.ini", bad="wrong/default_profile.ini", harm=PRODUCTION)
    parsed_by_botocore("config.ini")
    parsed_by_botocore("wrong/default_profile.ini")


@pytest.mark.rule("ACC-2")
def test_a_sign_in_renews_itself(signed_in: SignedIn) -> None:
    def lasts(name: str) -> None:
        signed_in.configure(name, token_ends_in=dt.timedelta(minutes=-1))
        try:
            signed_in.credentials("river-levels-development")
        except BotoCoreError as error:
            assert not error, f"signed out: {error}"
        assert signed_in.asked == [DEVELOPMENT]

    twins(
        lasts,
        good="config.ini",
        bad="wrong/no_sso_session.ini",
        harm="signed out: .*(expired|Session token not found)",
    )
    parsed_by_botocore("config.ini")
    parsed_by_botocore("wrong/no_sso_session.ini")


# --- the guard ------------------------------------------------------------------------


@pytest.fixture
def production_keys(aws_engine: AwsEngine) -> dict[str, str]:
    """Keys of a role in another account, as the sign-in portal offers them to copy."""
    role = f"arn:aws:iam::{PRODUCTION}:role/DataEngineer"
    sts = boto3.Session(region_name=REGION).client("sts")
    keys = sts.assume_role(RoleArn=role, RoleSessionName="sam")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


@pytest.mark.rule("ACC-3")
def test_nothing_is_written_into_the_wrong_account(
    production_keys: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(text_of("config.ini"), "utf-8")
    name = f"levels-{secrets.token_hex(6)}"
    # Exported this morning; the profile was chosen at noon. The keys win.
    noon = production_keys | {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_PROFILE": "river-levels-development",
    }

    def is_refused(module: Any) -> None:
        with environment(**noon):
            session = boto3.Session()
            try:
                module.require_account(session, DEVELOPMENT)
                session.client("s3").create_bucket(
                    Bucket=name,
                    CreateBucketConfiguration={"LocationConstraint": REGION},
                )
                written = session.client("sts").get_caller_identity()["Account"]
            except module.WrongAccount as error:
                written = ""
                assert PRODUCTION in str(error)
            assert written == "", f"wrote into {written}"

    twins(
        is_refused,
        good=load_example(f"{HERE}/guard.py"),
        bad=load_example(f"{HERE}/wrong/trusts_the_name.py"),
        harm=f"wrote into {PRODUCTION}",
    )
    with environment(**production_keys):
        caller = load_example(f"{HERE}/guard.py").require_account(boto3.Session(), PRODUCTION)
    assert caller.endswith("assumed-role/DataEngineer/sam")


def test_the_bad_guard_refuses_by_name_only() -> None:
    bad = load_example(f"{HERE}/wrong/trusts_the_name.py")

    with environment(AWS_PROFILE="river-levels-production"):
        with pytest.raises(bad.WrongAccount) as refused:
            bad.require_account(None, DEVELOPMENT)
    assert str(refused.value) == "river-levels-production is not development"


@pytest.mark.rule("ACC-3")
def test_the_command_line_stops_at_the_wrong_account(
    production_keys: dict[str, str], tmp_path: Path
) -> None:
    ref = f"examples/{HERE}/whoami.sh"

    right = run_shell(
        ref, cwd=tmp_path, env=production_keys | {"EXPECTED_ACCOUNT": PRODUCTION}
    )
    wrong = run_shell(
        ref,
        cwd=tmp_path,
        env=production_keys | {"EXPECTED_ACCOUNT": DEVELOPMENT},
        exit_code=1,
    )

    assert right.stdout == f"{PRODUCTION}\n"
    assert wrong.stdout == ""


# --- requests and tokens --------------------------------------------------------------

SCHEMA = importlib.resources.files("check_jsonschema").joinpath(
    "builtin_schemas/vendor/github-issue-forms.json"
)


@pytest.mark.rule("ACC-4")
def test_a_request_says_what_the_owner_must_know() -> None:
    def says_all(name: str) -> None:
        form: Any = validate_schema(f"examples/{HERE}/{name}", str(SCHEMA))
        required = {part["id"] for part in form["body"] if part["validations"]["required"]}
        needed = {"person", "dataset", "purpose", "level", "until", "approver"}
        assert not needed - required, f"without {', '.join(sorted(needed - required))}"

    twins(
        says_all,
        good="access-request.yml",
        bad="wrong/access_for_ever.yml",
        harm="without approver, dataset, level, person, purpose, until",
    )


@pytest.mark.rule("ACC-6")
def test_a_token_is_in_no_file(home: Path) -> None:
    variables = home_variables(home, "http://127.0.0.1:9/simple") | YOU
    token = "github_" + "pat_" + secrets.token_hex(11)
    given = f"protocol=https\nhost=github.com\nusername=sam\npassword={token}\n\n"

    def is_kept_safe(name: str) -> None:
        with alone():
            run_shell(f"examples/{HERE}/{name}", cwd=home, env=variables)
        subprocess.run(
            ["git", "credential", "approve"],
            env=variables,
            input=given,
            text=True,
            capture_output=True,
            timeout=30,
            check=False,  # there may be no credential manager on this machine
        )
        holding = [p.name for p in home.rglob("*") if p.is_file() and token in p.read_text()]
        assert holding == [], f"in clear text in {holding[0]}"

    twins(
        is_kept_safe,
        good="git_setup.sh",
        bad="wrong/tokens_in_a_file.sh",
        harm="in clear text in .git-credentials",
    )
