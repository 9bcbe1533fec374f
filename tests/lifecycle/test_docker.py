"""Proofs of docs/lifecycle/docker.md: what can be known without a container engine."""

import importlib.resources
import json
import os
import re
import runpy
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.stub import Stubber

from guidance.engines import AwsEngine, EngineError, ReplayServer, environment
from guidance.engines.replay.server import Fault
from guidance.engines.terraform import Workspace
from guidance.evidence import (
    load_example,
    prove_plan,
    regions,
    run_shell,
    twins,
    validate_schema,
)
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES, ROOT

HERE = "lifecycle/docker"
FOLDER = EXAMPLES / HERE
PIPELINE = EXAMPLES / "river-levels-etl"
CHECK = "dockerfile_check.py of this page"
NEEDED = ("Dockerfile", ".dockerignore", "compose.yaml", ".python-version")


def proved(ref: str, tool: str, level: Level = Level.VALIDATED) -> None:
    """Note that something which can refuse this text has read it, or ran it."""
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, level, tool))


@pytest.fixture
def check() -> Any:
    """The check of the page."""
    return load_example(f"{HERE}/dockerfile_check.py")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """What the check reads, of the reference pipeline."""
    place = tmp_path / "repository"
    place.mkdir()
    for name in NEEDED:
        shutil.copyfile(PIPELINE / name, place / name)
    return place


# --- the check ------------------------------------------------------------------------


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Make a mutation that changes a file."""

    def mutate(root: Path) -> None:
        text = (root / name).read_text("utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new), "utf-8", newline="\n")

    return mutate


def in_image(old: str, new: str) -> Callable[[Path], None]:
    """Make a mutation of the Dockerfile."""
    return edit("Dockerfile", old, new)


def one_stage(root: Path) -> None:
    """Leave out the second FROM."""
    text = (root / "Dockerfile").read_text("utf-8")
    first, _, rest = text.rpartition("FROM ")
    (root / "Dockerfile").write_text(first + rest.partition("\n")[2], "utf-8")


def windows_script(root: Path) -> None:
    """Put a script with the line ends of Windows where the image takes it from."""
    (root / "src").mkdir()
    (root / "src" / "start.sh").write_bytes(b"#!/bin/sh\r\nriver-levels\r\n")


BASE = "python:3.12-slim-bookworm@${PYTHON_DIGEST}"
MUTATIONS = {
    "a tag": ("DOC-1", in_image("@${PYTHON_DIGEST} AS build", " AS build")),
    "a default": ("DOC-1", in_image("ARG PYTHON_DIGEST", "ARG PYTHON_DIGEST=sha256:0")),
    "another Python": ("DOC-1", in_image(f"FROM {BASE}\n", "FROM python:3.13-slim@$D\n")),
    "the large image": ("DOC-1", in_image(f"FROM {BASE}\n", "FROM python:3.12@$D\n")),
    "one stage": ("DOC-2", one_stage),
    "no user": ("DOC-2", in_image("USER 10001:10001\n", "")),
    "a user's name": ("DOC-2", in_image("USER 10001:10001", "USER app")),
    "root": ("DOC-2", in_image("USER 10001:10001", "USER 0")),
    "unfrozen": (
        "DOC-3",
        in_image("--frozen --no-dev --extra dbt --no-editable", "--no-dev"),
    ),
    "source first": (
        "DOC-3",
        in_image("COPY pyproject.toml uv.lock ./", "COPY src ./src"),
    ),
    "one layer": ("DOC-3", in_image("--no-install-project", "--inexact")),
    "nothing ignored": ("DOC-4", edit(".dockerignore", "*\n!pyproject", "!pyproject")),
    "no ignore file": ("DOC-4", lambda root: (root / ".dockerignore").unlink()),
    "a password": ("DOC-5", in_image("ENV PATH", "ENV PGPASSWORD=x PATH")),
    "a token": ("DOC-5", in_image("ARG REVISION", "ARG INDEX_TOKEN\nARG REVISION")),
    "shell form": ("DOC-6", in_image('["river-levels"]', "river-levels")),
    "a shell": ("DOC-6", in_image('["river-levels"]', '["sh", "-c", "river-levels"]')),
    "no program": ("DOC-6", in_image("ENTRYPOINT", "STOPSIGNAL SIGTERM #")),
    "local time": ("DOC-9", in_image("TZ=UTC", "TZ=Europe/London")),
    "buffered": ("DOC-9", in_image("PYTHONUNBUFFERED=1 \\\n    ", "")),
    "any platform": (
        "DOC-10",
        edit("compose.yaml", "    platform: linux/amd64", "    # platform:"),
    ),
    "CR LF": ("DOC-11", windows_script),
    "no emulator": ("DOC-12", edit("compose.yaml", "localstack/localstack", "mailhog")),
}


MARKS = {
    "DOC-1": pytest.mark.rule("DOC-1"),
    "DOC-2": pytest.mark.rule("DOC-2"),
    "DOC-3": pytest.mark.rule("DOC-3"),
    "DOC-4": pytest.mark.rule("DOC-4"),
    "DOC-5": pytest.mark.rule("DOC-5"),
    "DOC-6": pytest.mark.rule("DOC-6"),
    "DOC-9": pytest.mark.rule("DOC-9"),
    "DOC-10": pytest.mark.rule("DOC-10"),
    "DOC-11": pytest.mark.rule("DOC-11"),
    "DOC-12": pytest.mark.rule("DOC-12"),
}


def marked(name: str) -> Any:
    """Return a mutation with the marker of its rule."""
    rule, mutate = MUTATIONS[name]
    return pytest.param(rule, mutate, marks=MARKS[rule], id=name)


@pytest.mark.parametrize(("rule", "mutate"), [marked(name) for name in MUTATIONS])
def test_each_mutation_breaks_its_own_rule(
    rule: str, mutate: Callable[[Path], None], repository: Path, check: Any
) -> None:
    assert list(check.faults(repository)) == []
    mutate(repository)

    found = list(check.faults(repository))

    assert {fault.split()[0] for fault in found} == {rule}, found


@pytest.mark.rule("DOC-1")
def test_the_usual_first_dockerfile(repository: Path, check: Any) -> None:
    def is_sound(ref: str) -> None:
        shutil.copyfile(ROOT / ref, repository / "Dockerfile")
        proved(ref, CHECK)
        broken = sorted({fault.split()[0] for fault in check.faults(repository)})
        assert broken == [], f"it breaks {', '.join(broken)}"

    twins(
        is_sound,
        good="examples/river-levels-etl/Dockerfile",
        bad=f"examples/{HERE}/wrong/everything_at_once.dockerfile",
        harm="it breaks DOC-1, DOC-2, DOC-3, DOC-5, DOC-6, DOC-9",
    )


def test_the_command_ends_with_1_if_there_is_a_fault(
    repository: Path, check: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.main([str(repository)]) == 0
    assert "built as every pipeline's image is" in capsys.readouterr().out
    in_image("USER 10001:10001", "USER root")(repository)
    with pytest.raises(SystemExit) as ended, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["dockerfile_check.py", str(repository)])
        runpy.run_path(str(FOLDER / "dockerfile_check.py"), run_name="__main__")
    assert ended.value.code == 1
    shown = capsys.readouterr().out
    assert re.fullmatch(r"DOC-2 line \d+: USER is a number of 1000 or more\n", shown)


def test_the_check_of_the_page_runs(repository: Path) -> None:
    (repository / "tools").mkdir()
    shutil.copyfile(
        FOLDER / "dockerfile_check.py", repository / "tools" / "dockerfile_check.py"
    )

    shown = run_shell(f"examples/{HERE}/check.sh", cwd=repository)

    assert shown.stdout == "built as every pipeline's image is\n"


# --- what goes to the builder -----------------------------------------------------------

TREE = {
    ".env": b"PGPASSWORD=invented\n",
    ".git/objects/pack/a.pack": b"x" * 20_000_000,
    "data/2026/residents.csv": b"x" * 1_000_000,
    "dbt/dbt_project.yml": b"name: levels\n",
    "dbt/target/manifest.json": b"x" * 1_000_000,
    "infra/terraform.tfstate": b'{"password": "invented"}',
    "pyproject.toml": b"[project]\n",
    "src/river_levels/.env.local": b"PGPASSWORD=invented\n",
    "src/river_levels/__pycache__/cli.pyc": b"x" * 100_000,
    "src/river_levels/cli.py": b"x" * 10_000,
    "uv.lock": b"x" * 100_000,
}
MADE_OF = {"dbt/dbt_project.yml", "pyproject.toml", "src/river_levels/cli.py", "uv.lock"}


@pytest.mark.rule("DOC-4")
def test_only_what_the_image_is_made_of_is_sent(check: Any) -> None:
    def sends_no_more(ref: str) -> None:
        patterns = check.ignored((ROOT / ref).read_text("utf-8"))
        proved(ref, CHECK)
        sent = {name for name in TREE if check.is_sent(name, patterns)}
        assert sent >= MADE_OF
        size = sum(len(TREE[name]) for name in sent)
        more = ", ".join(sorted(sent - MADE_OF))
        assert not more, f"{size:,} bytes, with {more}"

    twins(
        sends_no_more,
        good="examples/river-levels-etl/.dockerignore",
        bad=f"examples/{HERE}/wrong/only_what_is_large.dockerignore",
        harm=r"2,\d+,\d+ bytes, with \.env, data/2026/residents.csv, .*terraform.tfstate",
    )


@pytest.mark.parametrize(
    ("pattern", "name", "is_left_out"),
    [
        ("*.csv", "a.csv", True),
        ("*.csv", "data/a.csv", False),
        ("**/*.csv", "data/2026/a.csv", True),
        ("data", "data/2026/a.csv", True),
        ("data/*.csv", "data/2026/a.csv", False),
        ("/data/", "data/a.csv", True),
        ("**/data", "src/data/a.csv", True),
    ],
)
def test_patterns_are_not_those_of_git(
    check: Any, pattern: str, name: str, is_left_out: bool
) -> None:
    assert check.is_sent(name, [pattern]) is not is_left_out
    assert check.is_sent(name, [pattern, f"!{name}"])


# --- how it starts and ends -------------------------------------------------------------


def entrypoint(check: Any, ref: str) -> list[str]:
    """Return what Docker would start for a Dockerfile, before the arguments."""
    found = [i for i in check.parse((ROOT / ref).read_text("utf-8")) if i.name == "ENTRYPOINT"]
    words = check.command(found[-1])
    return list(words) if words is not None else ["/bin/sh", "-c", found[-1].text]


RUN = ["run", "--window-start", "2026-03-28", "--window-end", "2026-03-29"]


@pytest.fixture
def waiting(
    database_url: str, bucket: str, flood_api: ReplayServer
) -> Iterator[dict[str, str]]:
    """The environment of a run whose source does not answer."""
    flood_api.misbehave(Fault.HANG)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    yield os.environ | {
        "PATH": path,
        "DATABASE_URL": database_url,
        "RIVER_LEVELS_API_URL": flood_api.url,
        "RIVER_LEVELS_BUCKET": bucket,
    }


@pytest.mark.rule("DOC-6")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
@pytest.mark.parametrize(
    ("bad", "harm"),
    [
        ("arguments_vanish", "the following arguments are required: --window-start"),
        ("started_by_a_shell", "it still runs 3 s after SIGTERM"),
    ],
)
def test_a_stopped_container_ends_in_order(
    check: Any, waiting: dict[str, str], flood_api: ReplayServer, bad: str, harm: str
) -> None:
    def ends_in_order(ref: str) -> None:
        flood_api.requests.clear()
        started = subprocess.Popen(
            [*entrypoint(check, ref), *RUN],
            env=waiting,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        proved(ref, "its ENTRYPOINT, started here")
        try:
            deadline = time.monotonic() + 60
            while not flood_api.requests and started.poll() is None:
                assert time.monotonic() < deadline, "it asked the source nothing"
                time.sleep(0.05)
            if started.poll() is not None:
                said = started.communicate(timeout=10)[0]
                pytest.fail(f"it ended with {started.returncode}: {said}")
            started.terminate()  # to the first process alone, as Docker does
            try:
                said = started.communicate(timeout=3 if "wrong" in ref else 30)[0]
            except subprocess.TimeoutExpired:
                said = ""
            assert "interrupted; run again" in said, "it still runs 3 s after SIGTERM"
            assert started.returncode == 130
        finally:
            stop(started)

    twins(
        raised(ends_in_order),
        good="examples/river-levels-etl/Dockerfile",
        bad=f"examples/{HERE}/wrong/{bad}.dockerfile",
        harm=harm,
    )


def raised(call: Callable[[str], None]) -> Callable[[str], None]:
    """Let pytest.fail count as a failed assertion."""

    def calls(ref: str) -> None:
        try:
            call(ref)
        except pytest.fail.Exception as error:
            raise AssertionError(str(error)) from error

    return calls


def stop(process: subprocess.Popen[str]) -> None:
    """End a process and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait(timeout=10)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no first process")
def test_the_first_process_hears_only_what_it_listens_to(tmp_path: Path) -> None:
    alone = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a process namespace")
    listens = "import signal; signal.signal(signal.SIGTERM, signal.default_int_handler); "
    waits = (
        "import os, sys, time; print(os.getpid(), flush=True); "
        "os.kill(1, 15) if os.fork() == 0 else time.sleep(1); print('deaf')"
    )

    def said(program: str) -> str:
        done = subprocess.run(
            [*alone, sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return done.stdout + done.stderr

    assert said(waits).startswith("1\n")
    assert "KeyboardInterrupt" not in said(waits)  # PID 1: the default is to ignore it
    assert "KeyboardInterrupt" in said(listens + waits)


@pytest.mark.rule("DOC-11")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows reads CR LF")
def test_a_script_with_cr_lf_is_not_found(tmp_path: Path, check: Any) -> None:
    def starts(end: bytes) -> None:
        script = tmp_path / f"start{len(end)}.sh"
        script.write_bytes(end.join([b"#!/bin/sh", b"exit 0", b""]))
        script.chmod(0o755)
        (tmp_path / "Dockerfile").write_text("FROM scratch\n", "utf-8")
        seen = [fault for fault in check._context(tmp_path) if "DOC-11" in fault]
        try:
            code = subprocess.run([script], check=False, timeout=10).returncode
        except FileNotFoundError as error:
            assert seen, "the check did not see it"
            raise AssertionError(error.strerror) from error
        assert code == 0

    twins(starts, good=b"\n", bad=b"\r\n", harm="No such file or directory")


# --- the steps of the build, without a container ----------------------------------------


@pytest.mark.rule("DOC-3")
def test_the_installed_package_is_the_locked_one(tmp_path: Path, check: Any) -> None:
    ref = "examples/river-levels-etl/Dockerfile"
    found = check.parse((ROOT / ref).read_text("utf-8"))
    patterns = check.ignored((PIPELINE / ".dockerignore").read_text("utf-8"))
    app = tmp_path / "app"
    app.mkdir()
    variables = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    variables |= {"UV_PYTHON": sys.executable, "UV_LINK_MODE": "hardlink"}

    for one in (i for i in found if i.stage == 1):
        if one.name == "COPY":
            *sources, target = one.text.split()
            for source in sources:
                assert check.is_sent(f"{source}/x" if "src" in source else source, patterns)
                copy = shutil.copytree if (PIPELINE / source).is_dir() else shutil.copyfile
                copy(
                    PIPELINE / source,
                    app / target / Path(source).name
                    if copy is shutil.copyfile
                    else app / target,
                )
        elif one.name == "RUN" and "uv sync" in one.text:
            command = one.text.rpartition("/cache ")[2].split()
            subprocess.run(command, cwd=app, env=variables, check=True, timeout=300)
    proved(ref, CHECK)

    bin_folder = app / ".venv" / ("Scripts" if sys.platform == "win32" else "bin")
    shutil.rmtree(app / "src")  # the second stage has none
    shown = subprocess.run(
        [bin_folder / "river-levels", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    names = subprocess.run(
        [bin_folder / "python", "-c", LISTED], capture_output=True, text=True, check=True
    ).stdout.split()
    locked = (PIPELINE / "uv.lock").read_text("utf-8")
    assert shown.stdout == "0.1.0\n"
    assert {"dbt-postgres", "river-levels-etl"} <= set(names)
    assert "pytest" not in names
    assert all(f'name = "{name}"' in locked for name in names)


LISTED = (
    "import importlib.metadata as m;"
    "print(*(d.name.lower().replace('_', '-').replace('.', '-') for d in m.distributions()))"
)


# --- shell, compose, the workflow, one Python -------------------------------------------


@pytest.mark.rule("DOC-7")
def test_the_image_is_named_after_its_commit() -> None:
    program = shutil.which("shellcheck")
    if program is None:
        pytest.skip("shellcheck is not on PATH: apt-get install shellcheck")
    version = re.search(
        r"version: (\S+)",
        subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True
        ).stdout,
    )
    assert version

    for name in ("base.sh", "build.sh", "run.sh"):
        subprocess.run([program, "--shell=bash", FOLDER / name], check=True)
        proved(f"examples/{HERE}/{name}", f"shellcheck {version[1]}")

    build = (FOLDER / "build.sh").read_text("utf-8")
    assert 'revision="$(git rev-parse HEAD)"' in build
    assert re.findall(r"river-levels-etl:(\S+)", build) == ['$revision"', '$revision"']
    assert "--platform linux/amd64" in build


MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.mark.rule("DOC-7")
def test_the_same_digest_goes_on(aws_engine: AwsEngine, tmp_path: Path) -> None:
    ecr = boto3.client("ecr", region_name="eu-west-2")
    ecr.create_repository(repositoryName="river-levels-etl", imageTagMutability="IMMUTABLE")
    revision = secrets.token_hex(20)
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": revision}}
    put = ecr.put_image(
        repositoryName="river-levels-etl",
        imageManifest=json.dumps(manifest),
        imageTag=revision,
    )
    variables = {"REVISION": revision, "AWS_PAGER": ""}

    shown = run_shell(f"examples/{HERE}/promote.sh", cwd=tmp_path, env=variables)

    assert (
        shown.stdout == f"deploy river-levels-etl@{put['image']['imageId']['imageDigest']}\n"
    )
    ecr.delete_repository(repositoryName="river-levels-etl", force=True)


@pytest.mark.rule("DOC-7")
@pytest.mark.rule("DOC-8")
def test_the_registry_keeps_tags_and_scans(
    terraform: Callable[..., Workspace],
) -> None:
    try:
        plan = terraform(f"{HERE}/registry").plan({"name": "river-levels-etl"})
    except EngineError as error:
        pytest.skip(str(error))
    prove_plan(plan, f"examples/{HERE}/registry")

    images = plan.resources["aws_ecr_repository.images"]
    assert images["image_tag_mutability"] == "IMMUTABLE"
    assert images["image_scanning_configuration"] == [{"scan_on_push": True}]


SCANS = {
    "clean": ("ACTIVE", [], 0, "nothing to mend"),
    "critical": ("COMPLETE", [("CRITICAL", "YES")], 1, "CVE-0"),
    "no remedy yet": ("ACTIVE", [("CRITICAL", "NO")], 0, "nothing to mend"),
    "high": ("ACTIVE", [("HIGH", "YES")], 0, "nothing to mend"),
    "not scanned": ("FAILED", [], 2, "the scan says FAILED, not clean"),
}


@pytest.fixture
def scanned() -> Iterator[Callable[[str], Any]]:
    """A client of ECR that tells of one scan, in the form that botocore knows."""

    def client(scan: str) -> Any:
        status, found, _, _ = SCANS[scan]
        made = boto3.client(
            "ecr",
            region_name="eu-west-2",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        stub = Stubber(made)
        findings = [
            {"title": f"CVE-{n}", "severity": severity, "fixAvailable": fix}
            for n, (severity, fix) in enumerate(found)
        ]
        reply = {
            "imageScanStatus": {"status": status},
            "imageScanFindings": {"enhancedFindings": findings},
        }
        for _ in range(2):
            stub.add_response("describe_image_scan_findings", reply)
        stub.activate()
        return made

    yield client


@pytest.mark.rule("DOC-8")
@pytest.mark.parametrize("scan", SCANS)
def test_what_can_be_mended_is_mended_first(
    scanned: Callable[[str], Any], scan: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = load_example(f"{HERE}/scan_gate.py").gate
    _, _, code, says = SCANS[scan]

    assert gate(scanned(scan), "river-levels-etl", "4f1c") == code
    assert says in capsys.readouterr().out


@pytest.mark.rule("DOC-8")
def test_a_scan_that_failed_is_not_clean(scanned: Callable[[str], Any]) -> None:
    def refuses(module: Any) -> None:
        code = module.gate(scanned("not scanned"), "river-levels-etl", "4f1c")
        assert code != 0, "an image that nobody scanned is deployed"

    twins(
        refuses,
        good=load_example(f"{HERE}/scan_gate.py"),
        bad=load_example(f"{HERE}/wrong/no_news_is_good_news.py"),
        harm="an image that nobody scanned is deployed",
    )


def test_the_gate_is_a_command(
    scanned: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = scanned("critical")
    monkeypatch.setattr(boto3, "client", lambda name, config: client)
    monkeypatch.setattr(sys, "argv", ["scan_gate.py", "river-levels-etl", "4f1c"])

    assert load_example(f"{HERE}/scan_gate.py").main() == 1
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(FOLDER / "scan_gate.py"), run_name="__main__")
    assert ended.value.code == 1


SCHEMAS = importlib.resources.files("check_jsonschema").joinpath("builtin_schemas/vendor")


@pytest.mark.rule("DOC-12")
def test_a_laptop_has_what_the_image_needs() -> None:
    ref = "examples/river-levels-etl/compose.yaml"
    found: Any = validate_schema(ref, str(SCHEMAS.joinpath("compose-spec.json")))

    services = found["services"]
    needs = services["pipeline"]["environment"]
    with environment(**needs | {"RIVER_LEVELS_CONTACT": "team@example.org"}):
        from river_levels.config import Settings

        settings = Settings()
    assert settings.libpq_url.endswith("@postgres:5432/postgres")
    assert set(services["pipeline"]["depends_on"]) == {"postgres", "localstack"}
    assert services["pipeline"]["read_only"] is True


def test_github_builds_and_runs_the_image() -> None:
    text = (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    job = yaml.safe_load(text)["jobs"]["image"]
    script = "\n".join(step.get("run", "") for step in job["steps"])

    assert "docker build --platform linux/amd64" in script
    assert '--build-arg "PYTHON_DIGEST=$PYTHON_DIGEST"' in script
    assert "docker compose run --rm -T pipeline migrate" in script


PYTHONS = {
    ".python-version": r"^(3\.\d+)$",
    "pyproject.toml": r'requires-python = ">=(3\.\d+)',
    "Dockerfile": r"python:(3\.\d+)",
    "infra/modules/function/main.tf": r'"python(3\.\d+)"',
}


@pytest.mark.rule("DOC-1")
def test_one_python_everywhere(check: Any, repository: Path) -> None:
    wanted = (ROOT / ".python-version").read_text("utf-8").strip()
    named = {
        name: set(re.findall(pattern, (PIPELINE / name).read_text("utf-8"), re.MULTILINE))
        for name, pattern in PYTHONS.items()
    }
    named["package.sh"] = set(
        re.findall(
            r"--python-version (3\.\d+)",
            (EXAMPLES / "lifecycle/lambda/package.sh").read_text("utf-8"),
        )
    )
    for workflow in (ROOT / ".github/workflows").glob("*.yml"):
        text = workflow.read_text("utf-8")
        assert not re.search(r"python-version: ", text), f"{workflow.name}: use the file"

    assert named == {name: {wanted} for name in named}
    assert list(check.faults(repository)) == []
