"""The repository itself: workflows, line endings, nothing that does not belong."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from guidance import cli
from guidance.commits import fault
from guidance.paths import ROOT

TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.splitlines()
TEXTS = [
    name
    for name in TRACKED
    if (ROOT / name).is_file() and not name.endswith((".png", ".woff2", "uv.lock", "OFL.txt"))
]


def read(name: str) -> str:
    """Return a file of the repository."""
    return (ROOT / name).read_text("utf-8")


def test_every_line_ends_in_the_same_way() -> None:
    assert [name for name in TEXTS if b"\r" in (ROOT / name).read_bytes()] == []


def test_no_path_of_a_machine_and_no_index_is_named() -> None:
    pattern = re.compile(r"/root/|/home/\w|(?:files\.)?pythonhosted|pypi\.org|/opt/")
    box = "examples/river-levels-etl/infra/modules/development_box/user_data.sh"  # its own
    known = {"tests/site/test_repository.py", "tests/site/test_pages.py", box}

    named = [name for name in TEXTS if name not in known and pattern.search(read(name))]

    assert [n for n in named if n != "src/guidance/engines/postgres.py"] == []


def test_names_fit_windows() -> None:
    assert [name for name in TRACKED if len(name) > 150 or " " in name] == []
    lower = [name.lower() for name in TRACKED]
    assert len(lower) == len(set(lower))


def test_notebooks_are_stored_without_outputs() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert all(not c["outputs"] and c["execution_count"] is None for c in code)


WORKFLOWS = [n for n in TRACKED if "workflows/" in n or n.endswith("/github-pages.yml")]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_is_sound(name: str) -> None:
    schema = ["check_jsonschema", "--builtin-schema", "vendor.github-workflows"]

    checked = run("-m", *schema, name)
    audited = run_tool("zizmor", "--offline", "--no-progress", "--quiet", name)

    assert checked.returncode == 0, checked.stdout
    assert audited.returncode == 0, audited.stdout
    workflow = yaml.safe_load(read(name))
    assert workflow["permissions"] == {}
    jobs = workflow["jobs"].values()
    calls = ["uses" in job for job in jobs]  # what is called has limits of its own
    assert "concurrency" in workflow or any(calls) or all("concurrency" in j for j in jobs)
    used = [step["uses"] for step in steps(name) if "uses" in step]
    assert all(re.search(r"@[0-9a-f]{40}$", action) for action in used)
    assert all("timeout-minutes" in job or "uses" in job for job in jobs)
    assert all(job["permissions"] for job in jobs)


def steps(name: str) -> list[dict[str, Any]]:
    """Return the steps of every job of a workflow."""
    jobs = yaml.safe_load(read(name))["jobs"].values()
    return [step for job in jobs for step in job.get("steps", [])]


def uv_commands(script: str) -> list[list[str]]:
    """Return the commands that a script has uv run, without uv's own options."""
    found = []
    for line in script.replace("\\\n", " ").splitlines():
        words = shlex.split(line.partition(">")[0].partition("||")[0], comments=True)
        if words[:2] == ["uv", "run"]:
            rest = words[2:]
            while rest[0].startswith("--"):
                rest = rest[2:] if rest[0] in {"--group", "--extra"} else rest[1:]
            found.append(rest)
    return found


@pytest.mark.parametrize("name", [n for n in WORKFLOWS if "uv run" in read(n)])
def test_a_workflow_runs_what_there_is(name: str) -> None:
    commands = [c for step in steps(name) for c in uv_commands(step.get("run", ""))]

    assert commands
    for command, *arguments in commands:
        assert shutil.which(command, path=Path(sys.executable).parent), command
        if command == "guidance":
            cli._parser().parse_args(
                arguments
            )  # leaves by SystemExit if there is no such command


def test_the_check_of_commands_sees_what_is_missing() -> None:
    script = (
        "uv run --no-sync guidance publish > a.md || x=$?\n"
        "uv sync\n"
        "uv run --group docs ruff check\n"
    )

    assert uv_commands(script) == [["guidance", "publish"], ["ruff", "check"]]
    with pytest.raises(SystemExit):
        cli._parser().parse_args(["publish"])


def test_terraform_is_the_same_everywhere() -> None:
    wanted = {
        step["with"]["terraform_version"]
        for name in WORKFLOWS
        for step in steps(name)
        if "setup-terraform" in step.get("uses", "")
    }

    assert len(wanted) == 1


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the repository."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def run_tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program that came with the environment."""
    program = Path(sys.executable).with_name(name)
    return subprocess.run(
        [str(program), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", [n for n in TRACKED if n.endswith("compose.yaml")])
def test_services_are_open_to_this_machine_only(name: str) -> None:
    services = yaml.safe_load(read(name))["services"]

    assert {"postgres", "localstack"} <= services.keys()
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        assert not service["image"].endswith(":latest")


def test_one_python_everywhere() -> None:
    wanted = read(".python-version").strip()

    assert wanted == "3.12"
    for name in ("pyproject.toml", "examples/river-levels-etl/pyproject.toml"):
        assert f'requires-python = ">={wanted},' in read(name)
    assert f"py{wanted.replace('.', '')}" in read("pyproject.toml")


@pytest.mark.parametrize(
    "message",
    [
        "feat: add the S3 page",
        "fix(load): keep the newer value\n\nBecause an old reply came late.",
        "feat(cli)!: windows are half-open",
    ],
)
def test_a_conventional_commit_is_accepted(message: str) -> None:
    assert fault(message) is None


@pytest.mark.parametrize(
    "message",
    ["added a page", "Feat: x", "feat: ", "feat: a page.", "wip", "feat: " + "x" * 80],
)
def test_another_commit_message_is_refused(message: str) -> None:
    assert fault(message)


def test_the_history_holds_conventional_commits_only() -> None:
    log = subprocess.run(
        ["git", "log", "--no-merges", "--format=%s"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert [subject for subject in log.stdout.splitlines() if fault(subject)] == []
