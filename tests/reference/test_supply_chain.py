"""What we did not write, what nobody may read, and who can reach what we start."""

import datetime as dt
import fnmatch
import ipaddress
import json
import os
import re
import secrets
import shutil
import socket
import string
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

from guidance import supply_chain
from guidance.cli import main
from guidance.engines import EngineError, PostgresServer, ReplayServer, localstack, ministack
from guidance.engines.aws import _installed, _pyenv_python, moto
from guidance.paths import ROOT

LOCKS = supply_chain.locks()
BIN = Path(sys.executable).parent


def name_of(path: Path) -> str:
    """Return a path as seen from the repository, as an id of tests."""
    return path.relative_to(ROOT).as_posix()


# --- locked, to the hash --------------------------------------------------------------


def unhashed(lock: dict[str, Any]) -> list[str]:
    """Return what a lock names without saying which bytes it means."""
    found = []
    for package in lock["package"]:
        if {"editable", "virtual", "directory"} & set(package["source"]):
            continue  # our own: it is in this repository
        files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
        if not files or any(not one.get("hash", "").startswith("sha256:") for one in files):
            found.append(package["name"])
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_every_locked_package_has_its_hashes(lock: Path) -> None:
    read = tomllib.loads(lock.read_text("utf-8"))

    assert len(read["package"]) > 1
    assert unhashed(read) == []


def test_a_package_without_a_hash_is_found() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))
    package = next(one for one in lock["package"] if one["name"] == "requests")
    del package["wheels"][0]["hash"]
    other = next(one for one in lock["package"] if one["name"] == "pandas")
    other["source"], other["wheels"], other["sdist"] = {"git": "x"}, [], None

    assert unhashed(lock) == ["pandas", "requests"]


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_every_lock_fits_its_project(lock: Path) -> None:
    about = tomllib.loads(lock.with_name("pyproject.toml").read_text("utf-8"))
    is_newer = about["project"]["requires-python"] == "==3.13.*"
    python = _pyenv_python("3.13") if is_newer else sys.executable
    uv = os.environ.get("UV") or shutil.which("uv") or "uv"
    done = subprocess.run(
        [uv, "lock", "--check", "--offline", "--python", python, "--project", lock.parent],
        env={k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"},
        capture_output=True,
        text=True,
        check=False,
    )
    if "No interpreter found" in done.stderr:
        pytest.skip(f"no Python for {lock.parent.name} on this machine")
    assert done.returncode == 0, done.stderr


# --- workflows ------------------------------------------------------------------------

WORKFLOWS = sorted(
    path
    for pattern in (".github/workflows/*.yml", "examples/**/*.yml")
    for path in ROOT.glob(pattern)
    if not {"wrong", ".venv", "dbt"} & set(path.parts)
    and re.search(r"^jobs:$", path.read_text("utf-8"), re.MULTILINE)
)
INSTALLS = re.compile(r"\b(?:pip3?|pipx|npm|npx|gem|go|cargo) (?:install|i|ci|exec) .*")
RUNS = re.compile(r"\buvx? (?:tool run )?(?!pip|export|build|lock|sync|run|audit)(\S+)")


def scripts(workflow: Path) -> Iterator[str]:
    """Yield the commands of a workflow, one a line, continued lines joined."""
    for job in yaml.safe_load(workflow.read_text("utf-8"))["jobs"].values():
        for step in job.get("steps", []):
            yield from step.get("run", "").replace("\\\n", " ").splitlines()


def unlocked(lines: Iterator[str]) -> list[str]:
    """Return the commands that install what no lock names.

    uv itself comes first, and nothing can check it but the registry. What is installed
    from a list of hashes, or from our own wheel without its dependencies, is locked.
    """
    found = []
    for line in lines:
        if (match := INSTALLS.search(line)) and match[0].strip() != "pip install uv":
            if "--require-hashes" not in line and "--no-deps build/dist/" not in line:
                found.append(line.strip())
        elif (match := RUNS.search(line)) and "@" not in match[1]:
            found.append(line.strip())
    return found


def test_the_workflows_are_found() -> None:
    names = {path.name for path in WORKFLOWS}

    assert names >= {"test.yml", "publish.yml", "nightly.yml", "weekly.yml", "scheduled.yml"}
    assert names >= {"deploy.yml", "promote.yml", "plan.yml", "canary.yml", "title.yml"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=name_of)
def test_a_workflow_installs_what_is_locked(workflow: Path) -> None:
    assert unlocked(scripts(workflow)) == []


@pytest.mark.parametrize(
    "line",
    [
        "pip install pandas",
        "pip install uv pandas",
        "python -m pip install -r requirements.txt",
        "uv pip install --quiet boto3",
        "uvx ruff check",
        "npm install left-pad",
    ],
)
def test_an_unlocked_install_is_found(line: str) -> None:
    assert unlocked(iter([line])) == [line]


def test_zizmor_finds_nothing_in_any_workflow() -> None:
    done = subprocess.run(
        [BIN / "zizmor", "--offline", "--no-progress", "--format", "json", *WORKFLOWS],
        capture_output=True,
        text=True,
        check=False,
    )

    found = [
        (one["ident"], one["locations"][0]["symbolic"]["key"]["Local"]["verbatim_path"])
        for one in json.loads(done.stdout)
    ]
    assert found == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=name_of)
def test_every_action_is_pinned_and_one_commit_stands_for_one_version(workflow: Path) -> None:
    uses = re.findall(r"uses: (\S+)(?: # (\S+))?", workflow.read_text("utf-8"))

    for name, version in uses:
        if not name.startswith("$/"):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name), name
            assert re.fullmatch(r"v\d+\.\d+\.\d+", version), f"{name}: say which version it is"


# --- a bill of materials --------------------------------------------------------------

VALIDATE = """\
import json, sys
from importlib.resources import files
from pathlib import Path
import jsonschema_rs

folder, names = files("cyclonedx.schema") / "_res", ("bom-1.5", "spdx", "jsf-0.82")
paths = [f"{name}.SNAPSHOT.schema.json" for name in names]
rules, *others = (json.loads((folder / path).read_text("utf-8")) for path in paths)
known = [(f"http://cyclonedx.org/schema/{p}", o) for p, o in zip(paths[1:], others)]
validator = jsonschema_rs.Draft7Validator(
    rules, registry=jsonschema_rs.Registry(known), validate_formats=True
)
for path in sys.argv[1:]:
    bill = json.loads(Path(path).read_text("utf-8"))
    fault = next(validator.iter_errors(bill), None)
    print(fault.message if fault else "valid")
"""


@pytest.fixture(scope="module")
def validator() -> Path:
    """A Python with the schema of CycloneDX."""
    try:
        return _installed(supply_chain.PROJECT, sys.executable)
    except EngineError as error:
        pytest.skip(str(error))


def bill_step() -> str:
    """Return what the workflow does for the bills of materials."""
    text = (ROOT / ".github/workflows/publish.yml").read_text("utf-8")
    steps = yaml.safe_load(text)["jobs"]["materials"]["steps"]
    kept = [step["with"] for step in steps if "upload-artifact@" in step.get("uses", "")]
    assert [(one["name"], one["path"]) for one in kept] == [("sbom", "sbom/")]
    [script] = [step["run"] for step in steps if "sbom" in step.get("run", "")]
    return str(script)


def test_the_bills_of_materials_say_what_the_locks_say(
    validator: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bill_step() == "uv run --locked --no-dev guidance sbom sbom/"

    assert main(["sbom", str(tmp_path)]) == 0

    paths = sorted(tmp_path.glob("*.cdx.json"))
    assert len(paths) == len(LOCKS) == len(capsys.readouterr().out.splitlines())
    checked = subprocess.run(
        [validator, "-c", VALIDATE, *paths], capture_output=True, text=True, check=True
    )
    assert checked.stdout.split() == ["valid"] * len(LOCKS)
    for lock in LOCKS:
        folder = lock.parent.relative_to(ROOT).as_posix()
        name = "root" if folder == "." else folder.replace("/", "-")
        bill = json.loads((tmp_path / f"{name}.cdx.json").read_text("utf-8"))
        named = {one["purl"]: one for one in bill["components"] if "purl" in one}
        wanted = {
            f"pkg:pypi/{one['name']}@{one['version']}"
            for one in tomllib.loads(lock.read_text("utf-8"))["package"]
            if "registry" in one["source"]
        }
        bare = {purl.split("?")[0] for purl in named}
        assert bare <= wanted
        assert {"dbt-core-experimental-parser"} >= {
            purl.split("/")[1].split("@")[0] for purl in wanted - bare
        }
        for purl, one in named.items():
            files = one["externalReferences"]
            assert all(file["hashes"] for file in files), purl


def test_a_faulty_bill_of_materials_is_refused(validator: Path, tmp_path: Path) -> None:
    path = tmp_path / "faulty.json"
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}
    path.write_text(
        json.dumps(bill | {"components": [{"type": "libary", "name": "a"}]}), "utf-8"
    )

    done = subprocess.run(
        [validator, "-c", VALIDATE, path], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith('"libary" is not one of "application"')


# --- known vulnerabilities ------------------------------------------------------------
#
# Who knows them cannot be asked from everywhere: weekly.yml asks. Here a stand-in
# answers, and what is made of its answer is tested.

PIP_AUDIT = """\
import json, sys
from pathlib import Path

wanted = Path(sys.argv[sys.argv.index("-r") + 1]).read_text()
assert "--require-hashes" in sys.argv and "--hash=sha256:" in wanted
answer = Path({answer!r}).read_text()
if answer:
    print(answer)
sys.exit("no route to the service")
"""
WELL = {"name": "boto3", "version": "1", "vulns": []}
ILL = {
    "name": "pyspark",
    "version": "4.1.0",
    "vulns": [{"id": "PYSEC-0000-1", "fix_versions": ["4.1.1"]}],
}
UNMENDED = {
    "name": "py4j",
    "version": "1",
    "vulns": [{"id": "PYSEC-0000-2", "fix_versions": []}],
}


@pytest.fixture
def answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[list[dict[str, Any]] | None], None]:
    """Sets what pip-audit answers; the only lock is a small one."""
    lock = next(lock for lock in LOCKS if lock.parent.name == "spark")
    answer, package = tmp_path / "answer", tmp_path / "pip_audit"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PIP_AUDIT.format(answer=str(answer)), "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(supply_chain, "_installed", lambda *_: Path(sys.executable))
    monkeypatch.setattr(supply_chain, "locks", lambda *_: [lock])

    def answers_so(packages: list[dict[str, Any]] | None) -> None:
        text = json.dumps({"dependencies": packages}) if packages is not None else ""
        answer.write_text(text, "utf-8")

    return answers_so


type Answers = Callable[[list[dict[str, Any]] | None], None]


def test_no_vulnerability_is_good_news(
    answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    answers([WELL])

    assert main(["vulnerabilities"]) == 0
    assert "None in 1 locks, 0 justified." in capsys.readouterr().out


def test_a_vulnerability_is_named(
    answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    answers([WELL, ILL, UNMENDED])

    assert main(["vulnerabilities"]) == 1
    said = capsys.readouterr().out
    where = "(examples/transformation/python/spark)"
    assert f"- `pyspark` 4.1.0, PYSEC-0000-1: mended in 4.1.1 {where}" in said
    assert f"- `py4j` 1, PYSEC-0000-2: not mended yet {where}" in said


def test_nobody_answers_is_no_good_news(
    answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(None)

    assert main(["vulnerabilities"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "guidance: pip-audit: no route to the service" in captured.err


def test_what_is_justified_is_so_until_a_day(
    answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers([ILL])
    path = tmp_path / "justified.yml"
    path.write_text("PYSEC-0000-1: {reason: we parse nothing, until: 2026-12-31}\n", "utf-8")
    monkeypatch.setattr(supply_chain, "JUSTIFIED", path)

    assert supply_chain.vulnerabilities(today=dt.date(2026, 12, 31)) == 0
    assert supply_chain.vulnerabilities(today=dt.date(2027, 1, 1)) == 1


def test_a_lock_that_cannot_be_read_is_said(
    answers: Answers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers([WELL])
    (tmp_path / "uv.lock").write_text("nonsense", "utf-8")

    with pytest.raises(EngineError, match="uv export"):
        list(supply_chain.flaws(tmp_path / "uv.lock", tmp_path))


def test_each_justification_has_a_reason_and_an_end() -> None:
    entries = yaml.safe_load(supply_chain.JUSTIFIED.read_text("utf-8"))

    assert all(set(entry) == {"reason", "until"} for entry in entries.values())


def test_the_weekly_workflow_asks() -> None:
    text = (ROOT / ".github/workflows/weekly.yml").read_text("utf-8")

    assert "uv run guidance vulnerabilities > reports/vulnerabilities.md" in text


# --- secrets, in all of the history ---------------------------------------------------

FILTER = "detect_secrets.filters.heuristic.is_indirect_reference"
EXCLUDED = "detect_secrets.filters.regex.should_exclude_secret"
JUSTIFIED = Path(__file__).with_name("justified_secrets.yml")


@dataclass(frozen=True)
class Hit:
    """What looks like a secret: its kind, the file, the line."""

    kind: str
    path: str
    line: str

    def __str__(self) -> str:
        return f"{self.path}: {self.kind}"  # never what it is


def git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """Run git."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, input=given, capture_output=True, check=True
    )
    return done.stdout


def blobs(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield each version of each file that a commit before HEAD has: id, path, text."""
    listed = git(folder, "rev-list", "--objects", "HEAD").decode().splitlines()
    names = {sha: path for sha, _, path in (line.partition(" ") for line in listed) if path}
    data = git(folder, "cat-file", "--batch", given="\n".join(names).encode())
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        sha, kind, size = data[at:end].decode().split()
        body = data[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)
        if kind == "blob" and b"\0" not in body[:8000]:
            yield sha, names[sha], body
    yield "0" * 40, "commit-messages.txt", git(folder, "log", "--format=%an %ae%n%B")


def scanned(folder: Path, place: Path) -> tuple[int, Counter[Hit]]:
    """Scan a history as examples/start/security/scan.sh scans the files of today.

    Lock files are full of hashes: there, what only looks random does not count.
    """
    texts: dict[str, tuple[str, bytes]] = {}
    for sha, path, body in blobs(folder):
        if path != name_of(JUSTIFIED):
            texts[sha] = (path, body)
    found: Counter[Hit] = Counter()
    for is_lock in (False, True):
        with default_settings() as settings:
            settings.disable_filters(FILTER)
            settings.filters[EXCLUDED] = {"pattern": ["^(test|changeme)$|EXAMPLE$"]}
            if is_lock:
                settings.disable_plugins("Base64HighEntropyString", "HexHighEntropyString")
            for sha, (path, body) in texts.items():
                if path.endswith("uv.lock") is not is_lock:
                    continue
                copy = place / sha / Path(path).name
                copy.parent.mkdir()
                copy.write_bytes(body)
                secret_files = SecretsCollection(root=str(copy.parent))
                secret_files.scan_file(copy.name)
                lines = body.decode("utf-8", "replace").splitlines()
                for _, secret in secret_files:
                    found[Hit(secret.type, path, lines[secret.line_number - 1])] += 1
                shutil.rmtree(copy.parent)
    return len(texts), found


def is_justified(hit: Hit, entry: dict[str, Any]) -> bool:
    """Whether an entry of the list fits."""
    fits = any(fnmatch.fnmatch(hit.path, f"*{name}") for name in entry["files"])
    return fits and re.search(entry["line"], hit.line) is not None


@pytest.mark.audit
def test_no_secret_was_ever_committed(tmp_path: Path) -> None:
    if git(ROOT, "rev-parse", "--is-shallow-repository").strip() == b"true":
        pytest.skip("the clone has no history: nightly.yml fetches all of it")
    entries = yaml.safe_load(JUSTIFIED.read_text("utf-8"))

    count, found = scanned(ROOT, tmp_path)

    open_hits = [hit for hit in found if not any(is_justified(hit, e) for e in entries)]
    idle = [e["reason"] for e in entries if not any(is_justified(h, e) for h in found)]
    print(f"{count:,} versions of files, {len(found)} hits, all justified")
    assert count > 1000
    assert [str(hit) for hit in open_hits] == []
    assert idle == [], "a justification that fits nothing"


def test_a_secret_that_was_deleted_again_is_found(tmp_path: Path) -> None:
    alphabet = string.ascii_uppercase + "234567"
    key = "AKIA" + "".join(secrets.choice(alphabet) for _ in range(16))
    folder = tmp_path / "repository"
    folder.mkdir()
    who = (
        "-c",
        "user.name=Sam",
        "-c",
        "user.email=sam@example.org",
        "-c",
        "commit.gpgSign=no",
    )
    git(folder, "init", "--quiet")
    for text in (f'KEY = "{key}"\n', "KEY = None\n"):
        (folder / "settings.py").write_text(text, "utf-8")
        git(folder, "add", "--all")
        git(folder, *who, "commit", "--quiet", "--no-verify", "--message", "feat: settings")

    count, found = scanned(folder, tmp_path)

    assert count == 3  # two versions and the messages
    assert {hit.kind for hit in found} >= {"AWS Access Key"}
    assert key not in " ".join(map(str, found)), "the message does not repeat it"


# --- who can reach what we start ------------------------------------------------------

type Address = tuple[str, int]


def listening() -> set[Address]:
    """Return where this process and its children take connections or packets."""
    me = psutil.Process()
    found: set[Address] = set()
    for process in (me, *me.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # a server's helpers come and go
            for one in process.net_connections("inet"):
                is_open = one.type == socket.SOCK_DGRAM and not one.raddr
                if one.status == psutil.CONN_LISTEN or is_open:
                    found.add((one.laddr.ip, one.laddr.port))
    return found


def beyond(addresses: set[Address]) -> list[str]:
    """Return the addresses that other machines may reach."""
    return sorted(
        f"{ip}:{port}" for ip, port in addresses if not ipaddress.ip_address(ip).is_loopback
    )


ENGINES: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "PostgreSQL": PostgresServer,
    "replay": ReplayServer,
    "moto": moto,
    "ministack": ministack,
    "LocalStack": localstack,
}


@pytest.mark.parametrize("name", ENGINES)
def test_no_engine_can_be_reached_from_elsewhere(name: str) -> None:
    before = listening()
    try:
        with ENGINES[name]():
            found = listening() - before
    except EngineError as error:
        pytest.skip(str(error))

    assert found, "it listens somewhere, and nothing was seen"
    assert beyond(found) == []
    assert not found & listening(), "it is gone, and so are its ports"


def test_a_server_for_everybody_would_be_seen() -> None:
    found = {("0.0.0.0", 80), ("::", 81), ("127.0.0.1", 82), ("::1", 83), ("10.0.0.7", 84)}  # noqa: S104

    assert beyond(found) == ["0.0.0.0:80", "10.0.0.7:84", ":::81"]


def test_the_preview_of_the_site_is_for_this_machine() -> None:
    from mkdocs.config.defaults import MkDocsConfig

    assert "dev_addr" not in (ROOT / "mkdocs.yml").read_text("utf-8")
    assert str(MkDocsConfig().dev_addr or MkDocsConfig.dev_addr.default) == "127.0.0.1:8000"
    shown = (ROOT / ".github/workflows/publish.yml").read_text("utf-8")
    assert "http.server --bind 127.0.0.1" in shown
