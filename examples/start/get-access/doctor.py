"""Is this machine ready? Looks, changes nothing, and says how to mend it.

Needs nothing but Python, so it runs before anything is installed:
``python doctor.py``. Exit code 0 if all is well, 1 if there is a fault.
"""

import configparser
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

REGION = "eu-west-2"
WORK_DOMAIN = ".gov.uk"
PYTHON = (3, 12)
WAIT_S = 30
WINDOWS_CODE = "Programs/Microsoft VS Code/bin/code.cmd"


@dataclass(frozen=True)
class Machine:
    """What the checks look at.

    Attributes:
        env: the environment variables.
        home: where AWS tools look for ``.aws``; on Windows the user profile.
        python: major and minor version of this Python.
        read: returns the text of a file, None if there is none.
        run: returns what a command prints, None if it fails.
    """

    env: Mapping[str, str]
    home: PurePath
    python: tuple[int, int]
    read: Callable[[PurePath], str | None]
    run: Callable[..., str | None]


def aws_file(machine: Machine, variable: str, name: str) -> PurePath:
    """Return the path of an AWS file, as boto3 finds it."""
    if moved := machine.env.get(variable):
        return type(machine.home)(moved)
    return machine.home / ".aws" / name


def shown(machine: Machine, path: PurePath) -> str:
    """Return a path as people write it."""
    if path.is_relative_to(machine.home):
        return f"~/{path.relative_to(machine.home).as_posix()}"
    return str(path)


def aws_settings(
    machine: Machine, variable: str, name: str
) -> configparser.ConfigParser:
    """Read an AWS file; an absent one is empty.

    Raises:
        configparser.Error: if it cannot be parsed.
    """
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(machine.read(aws_file(machine, variable, name)) or "")
    return parser


def python_is_new(machine: Machine) -> Iterator[str]:
    """The version that all our repositories use, or a later one."""
    if machine.python < PYTHON:
        found, wanted = (
            ".".join(map(str, v)) for v in (machine.python, PYTHON)
        )
        yield f"this is Python {found}: run `uv python install {wanted}`"


def uv_is_there(machine: Machine) -> Iterator[str]:
    """The tool makes every environment."""
    if machine.run("uv", "--version") is None:
        yield "there is no uv: run `pip install uv`"


def index_answers(machine: Machine) -> Iterator[str]:
    """The package index that uv is set up for sends what is asked."""
    asked = ("uv", "pip", "compile", "--no-deps", "--no-cache", "--quiet", "-")
    if machine.run(*asked, given="six\n") is None:
        yield (
            "uv gets no package from the index: ask for the proxy and set "
            "HTTPS_PROXY, and UV_SYSTEM_CERTS=true if it signs anew"
        )


def git_knows_you(machine: Machine) -> Iterator[str]:
    """Commits carry a name, and the address that your work account has."""
    if not machine.run("git", "config", "--global", "user.name"):
        yield "git has no name: run `git config --global user.name 'You Here'`"
    address = (
        machine.run("git", "config", "--global", "user.email") or ""
    ).strip()
    if not address.endswith(WORK_DOMAIN):
        yield (
            f"git signs as {address or 'nobody'}: run `git config --global "
            "user.email` with your work address"
        )


def git_keeps_no_token(machine: Machine) -> Iterator[str]:
    """Tokens lie in the system's store, not in a file."""
    helper = (
        machine.run("git", "config", "--global", "credential.helper") or ""
    )
    kept = machine.read(machine.home / ".git-credentials")
    if kept or helper.strip().startswith("store"):
        yield (
            "git keeps tokens in clear text: revoke them, delete "
            "~/.git-credentials, run `git config --global credential.helper "
            "manager`"
        )


def aws_signs_in(machine: Machine) -> Iterator[str]:
    """Every profile uses an sso-session, and none is the default."""
    config = aws_settings(machine, "AWS_CONFIG_FILE", "config")
    profiles = [name for name in config if name.startswith("profile ")]
    if config.has_section("default"):
        yield "[default] is used when --profile is forgotten: give it a name"
    elif not profiles:
        where = shown(machine, aws_file(machine, "AWS_CONFIG_FILE", "config"))
        yield f"{where} has no profile: copy the sample from `Get access`"
    for name in profiles:
        session = config[name].get("sso_session", "")
        if not config.has_section(f"sso-session {session}"):
            yield f"[{name}] has no sso-session: copy the sample's two lines"
        if config[name].get("region") != REGION:
            yield f"[{name}] has another region: write `region = {REGION}`"


def aws_region_is_ours(machine: Machine) -> Iterator[str]:
    """No variable sends you to another region."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if machine.env.get(name, REGION) != REGION:
            yield f"{name} is {machine.env[name]}: run `unset {name}`"


def no_static_keys(machine: Machine) -> Iterator[str]:
    """No key that never expires: not in a file, not in the environment."""
    remedy = "deactivate it in IAM, then delete it here"
    for variable, name in (
        ("AWS_CONFIG_FILE", "config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    ):
        settings = aws_settings(machine, variable, name)
        where = shown(machine, aws_file(machine, variable, name))
        for section in settings.sections():
            if "aws_access_key_id" in settings[section]:
                yield f"[{section}] in {where} holds a key: {remedy}"
    if machine.env.get("AWS_ACCESS_KEY_ID", "").startswith("AKIA"):
        yield f"AWS_ACCESS_KEY_ID holds a key of a user: {remedy}"


def one_home(machine: Machine) -> Iterator[str]:
    """On Windows, Git Bash and the AWS tools mean the same folder by ~."""
    bash = machine.env.get("HOME")
    if bash and type(machine.home)(bash) != machine.home:
        yield (
            f"~ is {bash} in Git Bash, and {machine.home} for AWS tools: set "
            "HOME to the second in your Windows account's variables"
        )


def editor_is_there(machine: Machine) -> Iterator[str]:
    """VS Code can be started from a terminal."""
    local = machine.env.get("LOCALAPPDATA")
    if local and machine.read(type(machine.home)(local) / WINDOWS_CODE):
        return
    if machine.run("code", "--version") is None:
        yield "there is no `code`: install VS Code, with `Add to PATH`"


CHECKS = (
    ("Python", python_is_new),
    ("uv", uv_is_there),
    ("package index", index_answers),
    ("git identity", git_knows_you),
    ("git tokens", git_keeps_no_token),
    ("AWS sign-in", aws_signs_in),
    ("AWS region", aws_region_is_ours),
    ("no static keys", no_static_keys),
    ("one home", one_home),
    ("editor", editor_is_there),
)


def diagnose(machine: Machine) -> dict[str, list[str]]:
    """Return the faults that each check finds, with their remedies."""
    found = {}
    for name, check in CHECKS:
        try:
            found[name] = list(check(machine))
        except configparser.Error as error:
            first = str(error).splitlines()[0]
            found[name] = [f"a file in .aws is broken: {first}"]
    return found


def this_machine(env: Mapping[str, str]) -> Machine:
    """Return the machine that we are on."""

    def read(path: PurePath) -> str | None:
        try:
            return Path(path).read_text("utf-8", errors="replace")
        except OSError:
            return None

    def run(name: str, *arguments: str, given: str = "") -> str | None:
        program = shutil.which(name, path=env.get("PATH"))
        if program is None:
            return None
        try:
            done = subprocess.run(
                [program, *arguments],
                env=dict(env),
                input=given,
                capture_output=True,
                text=True,
                timeout=WAIT_S,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout

    home = env["USERPROFILE"] if os.name == "nt" else env["HOME"]
    return Machine(env, Path(home), sys.version_info[:2], read, run)


def main() -> int:
    """Print a line for each check, and for each fault its remedy."""
    found = diagnose(this_machine(os.environ))
    for name, faults in found.items():
        print(f"{'FAULT' if faults else 'ok':5}  {name}")
        for fault in faults:
            for line in textwrap.wrap(fault, 72, break_on_hyphens=False):
                print(f"       {line}")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
