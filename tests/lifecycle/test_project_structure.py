"""Proofs of docs/lifecycle/project-structure.md, on copies of the reference pipeline."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from guidance.engines import environment
from guidance.evidence import (
    assert_output,
    load_example,
    regions,
    run_shell,
    twins,
    validate_schema,
)
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES, ROOT

HERE = "lifecycle/project-structure"
GIT_VERSION = " ".join(
    subprocess.run(["git", "--version"], capture_output=True, text=True, check=True)
    .stdout.replace("version ", "")
    .split()[:2]
)
PIPELINE = EXAMPLES / "river-levels-etl"
GIT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b.example"}
GIT |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b.example"}


def git(cwd: Path, *arguments: str) -> str:
    """Run git and return what it prints."""
    return subprocess.run(
        ["git", *arguments],
        cwd=cwd,
        env=os.environ | GIT | {"HOME": str(cwd), "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout


def tracked() -> list[str]:
    """The files of the reference pipeline, as git knows them or would."""
    found = git(PIPELINE, "ls-files", "--cached", "--others", "--exclude-standard")
    return sorted(name for name in set(found.splitlines()) if (PIPELINE / name).is_file())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The reference pipeline as a repository of its own."""
    place = tmp_path / "river-levels-etl"
    for name in tracked():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PIPELINE / name, place / name)
    git(place, "init", "-q", "-b", "main")
    git(place, "add", "--all")
    return place


@pytest.fixture
def faults() -> Iterator[Callable[..., list[str]]]:
    """The checker, on what is in the index."""

    def found(root: Path, description: str | None = None) -> list[str]:
        git(root, "add", "--all")
        return list(load_example(f"{HERE}/structure.py").faults(root, description))

    with environment(**GIT, GIT_CONFIG_GLOBAL=os.devnull):
        yield found


def write(name: str, text: str | bytes = "") -> Callable[[Path], None]:
    """Make a mutation that writes a file."""

    def mutate(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    return mutate


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Make a mutation that changes a file."""

    def mutate(root: Path) -> None:
        text = (root / name).read_text("utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new), "utf-8", newline="\n")

    return mutate


def drop(name: str) -> Callable[[Path], None]:
    """Make a mutation that deletes a file."""
    return lambda root: (root / name).unlink()


def force(name: str) -> Callable[[Path], None]:
    """Make a mutation that adds a file which .gitignore names."""

    def mutate(root: Path) -> None:
        write(name, '{"password": "invented"}')(root)
        git(root, "add", "--force", name)

    return mutate


def flat(root: Path) -> None:
    """Move the package out of src."""
    shutil.move(root / "src" / "river_levels", root / "river_levels")


def notebook(root: Path) -> None:
    """Add a notebook with results, as a clone without the filter would."""
    cell = {"cell_type": "code", "source": [], "outputs": [{"text": ["KT1"]}]}
    edit(".gitattributes", "*.ipynb filter=no-outputs", "")(root)
    write("analysis/look.ipynb", json.dumps({"cells": [cell]}))(root)


LONG = "docs/" + "x" * 142 + ".md"
WORKFLOW = "jobs: {test: {steps: [{with: {python-version: '3.11'}}]}}\n"
ONE = pytest.mark.rule("STR-1")
THREE = pytest.mark.rule("STR-3")
FOUR = pytest.mark.rule("STR-4")
FIVE = pytest.mark.rule("STR-5")
SIX = pytest.mark.rule("STR-6")
SEVEN = pytest.mark.rule("STR-7")
EIGHT = pytest.mark.rule("STR-8")
MUTATIONS = [
    pytest.param("STR-1", write("rain/pipeline.yml", "name: rain-etl\n"), marks=ONE),
    pytest.param("STR-3", drop(".github/CODEOWNERS"), marks=THREE),
    pytest.param("STR-3", drop(".gitattributes"), marks=THREE),
    pytest.param("STR-3", drop("uv.lock"), marks=THREE),
    pytest.param("STR-3", drop("README.md"), marks=THREE),
    pytest.param("STR-3", write(".gitattributes", "* text=auto\n"), marks=THREE),
    pytest.param("STR-4", force("infra/terraform.tfstate"), marks=FOUR),
    pytest.param("STR-4", edit(".gitignore", ".env\n", ""), marks=FOUR),
    pytest.param("STR-4", write("data/residents.csv", "name\n"), marks=FOUR),
    pytest.param("STR-4", write("tests/fixtures/big.json", "x" * 200_000), marks=FOUR),
    pytest.param("STR-4", notebook, marks=FOUR),
    pytest.param("STR-5", flat, marks=FIVE),
    pytest.param("STR-6", write(".python-version", "3.13\n"), marks=SIX),
    pytest.param("STR-6", write(".github/workflows/x.yml", WORKFLOW), marks=SIX),
    pytest.param("STR-6", write("infra/f.tf", 'runtime = "python3.9"\n'), marks=SIX),
    pytest.param("STR-6", write("Dockerfile", "FROM python:3.14-slim\n"), marks=SIX),
    pytest.param("STR-7", edit("pipeline.yml", "tier: core\n", ""), marks=SEVEN),
    pytest.param("STR-7", edit("pipeline.yml", "river-levels-etl", "x-etl"), marks=SEVEN),
    pytest.param("STR-7", write("dags/river.py", 'CRON = "7 * * * *"\n'), marks=SEVEN),
    pytest.param("STR-8", write("src/river_levels/Load2.py"), marks=EIGHT),
    pytest.param("STR-8", write("docs/my notes.md"), marks=EIGHT),
    pytest.param("STR-8", write("docs/aux.md"), marks=EIGHT),
    pytest.param("STR-8", write(LONG), marks=EIGHT),
]


@pytest.mark.parametrize(("rule", "mutate"), MUTATIONS)
def test_each_mutation_breaks_its_own_rule(
    rule: str,
    mutate: Callable[[Path], None],
    repository: Path,
    faults: Callable[..., list[str]],
) -> None:
    mutate(repository)

    found = faults(repository)

    assert {fault.split()[0] for fault in found} == {rule}, found


def test_the_reference_pipeline_is_laid_out_as_every_pipeline_is(
    repository: Path, faults: Callable[..., list[str]]
) -> None:
    assert faults(repository) == []


@pytest.mark.rule("STR-2")
def test_the_description_names_the_service(
    repository: Path, faults: Callable[..., list[str]]
) -> None:
    edit("pipeline.yml", "lgsl_id: null", "lgsl_id: 4321")(repository)

    wanted = ["STR-2 write LGSL:4321 into the description on GitHub"]
    assert faults(repository, "River levels") == wanted
    assert faults(repository, "River levels LGSL:43210") == wanted
    assert faults(repository, "River levels. LGSL:4321") == []


def test_the_command_ends_with_1_if_there_is_a_fault(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main = load_example(f"{HERE}/structure.py").main

    assert main([str(repository)]) == 0
    assert "laid out as every pipeline is" in capsys.readouterr().out
    (repository / "notes").mkdir()
    write("notes/A.md")(repository)
    git(repository, "add", "--all")
    assert main([str(repository)]) == 1
    assert capsys.readouterr().out == "STR-8 write it in lower case: notes/A.md\n"
    monkeypatch.setattr(sys, "argv", ["structure.py", str(repository)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(EXAMPLES / HERE / "structure.py"), run_name="__main__")
    assert ended.value.code == 1


def test_outside_a_repository_the_check_says_so(tmp_path: Path) -> None:
    with environment(GIT_CEILING_DIRECTORIES=str(tmp_path.parent)):
        with pytest.raises(RuntimeError) as failed:
            list(load_example(f"{HERE}/structure.py").faults(tmp_path))
    assert str(failed.value).startswith("git ls-files: fatal: not a git repository")


def test_the_command_of_the_page_runs(repository: Path) -> None:
    (repository / "tools").mkdir()
    shutil.copyfile(EXAMPLES / HERE / "structure.py", repository / "tools" / "structure.py")

    shown = run_shell(f"examples/{HERE}/check.sh", cwd=repository)

    assert shown.stdout == "laid out as every pipeline is\n"


# --- the tree ---------------------------------------------------------------------------


def covering(name: str, purposes: dict[str, str]) -> str | None:
    """The entry that says what a file is for: its own, else its nearest folder."""
    folders = [f"{parent}/" for parent in PurePosixPath(name).parents]
    return next((entry for entry in [name, *folders] if entry in purposes), None)


def drawn(purposes: dict[str, str]) -> str:
    """Draw the tree, a line an entry, beneath the nearest folder that has one."""
    lines = ["river-levels-etl/"]
    for entry, purpose in purposes.items():
        folders = [f"{parent}/" for parent in PurePosixPath(entry).parents]
        above = next((f for f in folders if f in purposes), "")
        depth = sum(f in purposes for f in folders)
        name = "  " * (depth + 1) + entry.removeprefix(above)
        lines.append(f"{name:<30}{purpose}")
    return "\n".join(lines)


def test_the_tree_is_the_repository() -> None:
    purposes = yaml.safe_load((EXAMPLES / HERE / "purposes.yml").read_text("utf-8"))
    entry_of = {name: covering(name, purposes) for name in tracked()}

    unknown = [name for name, entry in entry_of.items() if entry is None]
    assert unknown == [], f"say in examples/{HERE}/purposes.yml what they are for"
    used = set(entry_of.values())
    unused = [e for e in purposes if e not in used and not e.endswith("/")]
    assert unused == [], f"take them out of examples/{HERE}/purposes.yml"
    for entry in purposes:
        assert (PIPELINE / entry).exists(), f"{entry} is gone: edit purposes.yml"
    tree = drawn(purposes)
    assert max(len(line) for line in tree.splitlines()) <= 79
    assert_output(f"examples/{HERE}/tree.out", tree)


# --- what goes wrong --------------------------------------------------------------------


def validated(ref: str, tool: str) -> None:
    """Note that a program which can refuse this text has read it."""
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, tool))


@pytest.mark.rule("STR-3")
def test_a_script_still_runs_after_a_clone_on_windows(tmp_path: Path) -> None:
    def runs(ref: str) -> None:
        name = "bad" if "wrong" in ref else "good"
        origin, clone = tmp_path / name, tmp_path / f"{name}-on-windows"
        git(tmp_path, "init", "-q", name)
        shutil.copyfile(ROOT / ref, origin / ".gitattributes")
        write("run.sh", "set -o errexit\ntrue\n")(origin)
        git(origin, "add", "--all")
        git(origin, "commit", "-q", "-m", "feat: begin")
        # As Git for Windows is installed.
        windows = ["-c", "core.autocrlf=true"]
        git(tmp_path, *windows, "clone", "-q", str(origin), str(clone))
        validated(ref, GIT_VERSION)
        done = subprocess.run(
            ["bash", "run.sh"], cwd=clone, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    twins(
        runs,
        good="examples/river-levels-etl/.gitattributes",
        bad=f"examples/{HERE}/wrong/text_auto_only.gitattributes",
        harm="invalid option name",
    )


@pytest.mark.rule("STR-3")
def test_a_clone_on_windows_is_the_same_to_the_byte(repository: Path, tmp_path: Path) -> None:
    git(repository, "commit", "-q", "-m", "feat: begin")
    clone = tmp_path / "clone"
    git(tmp_path, "-c", "core.autocrlf=true", "clone", "-q", str(repository), str(clone))

    names = git(clone, "ls-files").splitlines()

    validated("examples/river-levels-etl/.gitattributes", GIT_VERSION)
    differ = [n for n in names if (clone / n).read_bytes() != (repository / n).read_bytes()]
    assert differ == []
    assert len(names) > 80


@pytest.mark.rule("STR-4")
def test_the_state_and_its_backup_stay_out(tmp_path: Path) -> None:
    needed = load_example(f"{HERE}/structure.py").NEVER_STORED

    def keeps_them_out(ref: str) -> None:
        place = tmp_path / ("bad" if "wrong" in ref else "good")
        git(tmp_path, "init", "-q", str(place))
        shutil.copyfile(ROOT / ref, place / ".gitignore")
        for name in needed:
            write(name)(place)
        git(place, "add", "--all")
        validated(ref, GIT_VERSION)
        assert git(place, "ls-files").split() == [".gitignore"], git(place, "ls-files")

    twins(
        keeps_them_out,
        good="examples/river-levels-etl/.gitignore",
        bad=f"examples/{HERE}/wrong/state_without_backup.gitignore",
        harm="terraform.tfstate.backup",
    )


@pytest.mark.rule("STR-5")
def test_tests_import_what_is_installed(tmp_path: Path) -> None:
    def notices_that_nothing_is_installed(script: str) -> None:
        is_bad = "wrong" in script
        place = tmp_path / ("bad" if is_bad else "good")
        place.mkdir()
        ends = 0 if is_bad else 1
        done = run_shell(f"examples/{HERE}/{script}", cwd=place, exit_code=ends)
        assert "No module named 'gauges'" in done.stderr, f"it {done.stdout}"

    twins(
        notices_that_nothing_is_installed,
        good="src_layout.sh",
        bad="wrong/flat_layout.sh",
        harm="it passed",
    )


@pytest.mark.rule("STR-7")
def test_the_schedule_is_read_from_the_manifest() -> None:
    manifest: Any = validate_schema(
        "examples/river-levels-etl/pipeline.yml",
        "examples/river-levels-etl/pipeline.schema.json",
    )
    moved = manifest | {"schedule": manifest["schedule"] | {"cron": "22 5 * * *"}}
    good = load_example(f"{HERE}/manifest.py")

    def follows(module: Any) -> None:
        assert module.schedule(manifest) == "7 * * * *"
        assert module.schedule(moved) == "22 5 * * *", f"still {module.schedule(moved)}"

    bad = load_example(f"{HERE}/wrong/schedule_in_two_places.py")
    twins(follows, good=good, bad=bad, harm=r"still 7 \* \* \* \*")
    with pytest.raises(ValueError, match=r"name the owner in pipeline.yml"):
        good.tags(manifest)
    assert good.tags(manifest | {"owner": "Data team"})["DataClassification"] == "OFFICIAL"
