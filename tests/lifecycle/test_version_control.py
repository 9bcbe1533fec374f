"""Proofs of docs/lifecycle/version-control.md. Git is real; GitHub is not here."""

import importlib.metadata
import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from guidance.engines import environment
from guidance.evidence import assert_output, load_example, regions, run_shell, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES, ROOT

HERE = "lifecycle/version-control"
FOLDER = EXAMPLES / HERE
PIPELINE = EXAMPLES / "river-levels-etl"
type Git = Callable[..., str]


def validated(ref: str, tool: str) -> None:
    """Note that a checker which can refuse this text has read it."""
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, tool))


def example(name: str) -> Any:
    """Load an example of this page."""
    return load_example(f"{HERE}/{name}.py")


@pytest.fixture
def git(tmp_path: Path) -> Iterator[Git]:
    """Git with a home, a name and settings of its own, and a clock that stands."""
    config = tmp_path / "gitconfig"
    config.write_text(
        "[user]\n name = A Learner\n email = learner@council.example\n"
        "[init]\n defaultBranch = main\n[push]\n default = simple\n"
        "[core]\n autocrlf = false\n[advice]\n detachedHead = false\n",
        "utf-8",
    )
    clock = "2026-11-02T09:00:00+00:00"
    variables: dict[str, str | None] = {
        "HOME": str(tmp_path),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": clock,
        "GIT_COMMITTER_DATE": clock,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_PAGER": "cat",
        "GIT_DIR": None,
        "GIT_INDEX_FILE": None,
        "GIT_WORK_TREE": None,
    }

    def run(*arguments: str, cwd: Path = tmp_path, check: bool = True) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"git {arguments}: {done.stdout}{done.stderr}")
        return (done.stdout + done.stderr).strip()

    with environment(**variables):
        yield run


# --- names and messages -----------------------------------------------------------------

BRANCHES = [
    ("main", True),
    ("feature/AB-123-longer-lookback", True),
    ("feature/longer-lookback", True),
    ("bugfix/D2X-7-bst", True),
    ("hotfix/429", True),
    ("task/rotate-certificates", True),
    ("dependabot/uv/boto3-1.44.5", True),
    ("longer-lookback", False),
    ("feature", False),
    ("feature/", False),
    ("feature/Longer-Lookback", False),
    ("feature/longer lookback", False),
    ("feature/longer_lookback", False),
    ("feature/AB-123", False),
    ("feature/ab-123-", False),
    ("feat/longer-lookback", False),
    ("feature/a/b", False),
    ("feature/x\n", False),
]


@pytest.mark.rule("VC-1")
def test_branch_names_are_accepted_and_refused() -> None:
    fault = example("conventions").branch_fault

    assert {name: fault(name) is None for name, _ in BRANCHES} == dict(BRANCHES)
    assert "feature/AB-123-longer-lookback" in fault("wip")


@pytest.mark.rule("VC-1")
def test_a_prefix_alone_is_no_name() -> None:
    def refuses_what_git_refuses(module: Any) -> None:
        assert module.branch_fault("feature/fix it now"), "accepts 'feature/fix it now'"

    twins(
        refuses_what_git_refuses,
        good=example("conventions"),
        bad=example("wrong/prefix_is_enough"),
        harm="accepts 'feature/fix it now'",
    )
    assert example("wrong/prefix_is_enough").branch_fault("wip")


def cloned(git: Git, place: Path) -> Path:
    """Make a repository with one commit, push it, and return the clone."""
    remote, mine = place / "remote.git", place / "mine"
    git("init", "--bare", "--quiet", str(remote))
    git("clone", "--quiet", str(remote), str(mine))
    (mine / "settings.py").write_text("LOOKBACK_HOURS = 48\n", "utf-8")
    git("add", ".", cwd=mine)
    git("commit", "-qm", "feat: look back two days", cwd=mine)
    git("push", "-q", "-u", "origin", "main", cwd=mine)
    return mine


@pytest.fixture
def clone(git: Git, tmp_path: Path) -> Path:
    """A clone of a repository that others push to as well."""
    return cloned(git, tmp_path)


@pytest.mark.rule("VC-1")
def test_a_branch_called_feature_blocks_all_the_others(git: Git, tmp_path: Path) -> None:
    def is_pushed(script: str) -> None:
        is_bad = "wrong" in script
        mine = cloned(git, tmp_path / ("bad" if is_bad else "good"))
        (mine / "settings.py").write_text("LOOKBACK_HOURS = 72\n", "utf-8")
        done = run_shell(f"examples/{HERE}/{script}", cwd=mine, exit_code=int(is_bad))
        there = git("ls-remote", "--heads", "origin", cwd=mine)
        assert "feature/AB-123-longer-lookback" in there, f"refused: {done.stderr}"

    harm = "refused: (.|\n)*refs/heads/feature' exists"
    twins(is_pushed, good="start.sh", bad="wrong/branch_called_feature.sh", harm=harm)
    log = git("log", "-1", "--format=%s", cwd=tmp_path / "good" / "mine")
    assert log == "feat(extract): look back three days"


@pytest.mark.rule("VC-1")
def test_old_branches_are_listed(git: Git, clone: Path, tmp_path: Path) -> None:
    for day, name in (("2026-10-05", "task/new-schema"), ("2026-11-01", "bugfix/bst")):
        git("switch", "-qc", name, "main", cwd=clone)
        with environment(GIT_COMMITTER_DATE=f"{day}T09:00:00+00:00"):
            git("commit", "-q", "--allow-empty", "-m", "chore: begin", cwd=clone)
        git("push", "-q", "origin", name, cwd=clone)

    shown = run_shell(f"examples/{HERE}/branches.sh", cwd=clone).stdout

    assert shown.splitlines()[0] == "2026-10-05 task/new-schema"
    assert_output(f"examples/{HERE}/branches.out", shown)


MESSAGES = [
    ("feat: look back three days", True),
    ("fix(load): keep the newer value\n\nBecause an old reply came late.", True),
    ("feat(cli)!: windows are half-open", True),
    ("docs: say who answers\r\n", True),
    ('Revert "feat: guess missing values"', True),
    ("Merge branch 'main' into feature/x", True),
    ("fixup! feat: look back three days", True),
    ("wip", False),
    ("fixed it", False),
    ("Feat: look back", False),
    ("feat:look back", False),
    ("feat: ", False),
    ("feat: look back.", False),
    ("feature: look back", False),
    ("feat(Load): look back", False),
    ("", False),
    ("feat: " + "x" * 66, True),
    ("feat: " + "x" * 67, False),
]
TITLES = [
    ("[AB-123] feat: look back three days", 57, True),
    ("feat: look back three days", 57, True),
    ('Revert "feat: look back three days"', 58, True),
    ("[AB-123] Look back three days", 57, False),
    ("[ab-123] feat: look back three days", 57, False),
    ("AB-123 feat: look back three days", 57, False),
    ("[AB-123]feat: look back three days", 57, False),
    ("feat: " + "x" * 60, 57, True),  # 66 + " (#57)" = 72
    ("feat: " + "x" * 61, 57, False),
    ("feat: " + "x" * 60, 157, False),  # the number counts too
    ("[AB-123] feat: " + "x" * 52, 57, False),
]


@pytest.mark.rule("VC-2")
def test_messages_and_titles_are_accepted_and_refused() -> None:
    module = example("conventions")

    told = {m: module.commit_fault(m) is None for m, _ in MESSAGES}
    assert told == dict(MESSAGES)
    for title, number, is_right in TITLES:
        assert (module.title_fault(title, number) is None) == is_right, title
    assert "would have 73" in module.title_fault("feat: " + "x" * 60, 157)


@pytest.mark.rule("VC-2")
def test_a_known_first_word_is_no_convention() -> None:
    def refuses(module: Any) -> None:
        accepted = [m for m in ("fixed stuff", "feature") if not module.commit_fault(m)]
        assert accepted == []

    bad = example("wrong/starts_like_a_commit")
    twins(refuses, good=example("conventions"), bad=bad, harm="'fixed stuff', 'feature'")
    assert bad.commit_fault("wip")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["branch", "feature/AB-123-longer-lookback"], 0, ""),
        (["branch", "wip"], 1, "conventions: 'wip'"),
        (["title", "[AB-123] feat: look back three days", "57"], 0, ""),
        (["title", "look back", "57"], 1, "no Conventional Commit"),
        (["title", "feat: look back", "x"], 2, "python conventions.py branch"),
    ],
)
def test_the_command_says_what_is_wrong(
    arguments: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert example("conventions").main(arguments) == code
    assert says in capsys.readouterr().err


@pytest.mark.rule("VC-2")
def test_the_hook_refuses_before_the_commit_is_made(git: Git, clone: Path) -> None:
    (clone / "tools").mkdir()
    shutil.copy(FOLDER / "conventions.py", clone / "tools")
    run_shell(f"examples/{HERE}/hook.sh", cwd=clone)

    refused = git("commit", "--allow-empty", "-m", "fixed it", cwd=clone, check=False)
    git("commit", "--allow-empty", "-m", "fix: do it", cwd=clone)

    assert "'fixed it' is no Conventional Commit" in refused
    assert git("log", "--format=%s", cwd=clone).splitlines()[0] == "fix: do it"


def test_the_program_ends_with_the_code_of_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = tmp_path / "message"
    message.write_text("fix: do it\n", "utf-8")
    monkeypatch.setattr(sys, "argv", ["conventions.py", "commit", str(message)])

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(FOLDER / "conventions.py"), run_name="__main__")

    assert ended.value.code == 0


@pytest.mark.rule("VC-2")
def test_the_workflow_is_sound_and_its_step_does_what_it_says(
    git: Git, clone: Path, tmp_path: Path
) -> None:
    ref = f"examples/{HERE}/pull-request.yml"
    checks = [
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", ref],
        ["zizmor", "--offline", "--no-progress", "--quiet", ref],
    ]
    for name, *arguments in checks:
        program = shutil.which(name, path=str(Path(sys.executable).parent))
        done = subprocess.run(
            [str(program), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    version = importlib.metadata.version
    validated(ref, f"check-jsonschema {version('check-jsonschema')}")
    validated(ref, f"zizmor {version('zizmor')}")

    (clone / "tools").mkdir()
    for name in ("conventions.py", "size.py"):
        shutil.copy(FOLDER / name, clone / "tools")
    workflow = yaml.safe_load((ROOT / ref).read_text("utf-8"))
    script = workflow["jobs"]["conventions"]["steps"][-1]["run"]
    assert "${{" not in script

    def run(title: str) -> int:
        return subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=clone,
            env=os.environ
            | {"BASE": "main", "BRANCH": "task/x", "TITLE": title, "NUMBER": "5"},
            capture_output=True,
            check=False,
        ).returncode

    assert run("feat: x y") == 0
    assert run('$(touch pwned) "; touch pwned') == 1
    assert not (clone / "pwned").exists()


# --- protection, size, description ------------------------------------------------------


@pytest.mark.rule("VC-3")
def test_the_ruleset_leaves_no_hole() -> None:
    holes = example("protection").holes

    def is_closed(name: str) -> None:
        ref = f"examples/{HERE}/{name}"
        found = list(holes(json.loads((ROOT / ref).read_text("utf-8")), "core"))
        validated(ref, "protection.py")
        assert found == [], "; ".join(found)

    harm = (
        "some people may pass it by; a force push can take commits away; "
        "merge commits can get in; an approval outlives a later push; code owners need not "
        "approve; whoever pushed last may be the approver; there are other ways to merge than "
        "squash; a branch behind main can be merged"
    )
    twins(is_closed, good="ruleset.json", bad="wrong/asks_but_does_not_insist.json", harm=harm)


@pytest.mark.rule("VC-3")
def test_a_ruleset_is_asked_for_what_the_tier_needs() -> None:
    holes = example("protection").holes
    whole = json.loads((FOLDER / "ruleset.json").read_text("utf-8"))

    assert list(holes(whole, "sensitive")) == ["fewer than 2 approvals are enough"]
    off = whole | {"enforcement": "evaluate", "rules": []}
    off["conditions"] = {"ref_name": {"include": ["refs/heads/x"]}}
    assert [*holes(off, "core")][:2] == ["it is switched off", "it leaves main out"]
    assert "no check has to pass" in list(holes(off, "core"))
    assert "main can be deleted" in list(holes(off, "core"))


@pytest.mark.rule("VC-4")
def test_only_lines_that_somebody_wrote_are_counted(
    git: Git, clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git("switch", "-qc", "feature/x", cwd=clone)
    (clone / "tests" / "fixtures").mkdir(parents=True)
    for name, lines in (("uv.lock", 3_000), ("tests/fixtures/a.json", 900), ("b.py", 100)):
        (clone / name).write_text("x\n" * lines, "utf-8")
    (clone / "picture.png").write_bytes(bytes(range(256)))
    git("add", ".", cwd=clone)
    git("commit", "-qm", "feat: x y", cwd=clone)
    numstat = git("diff", "--numstat", "main...HEAD", "--", ":!*.png", cwd=clone)

    def is_short(module: Any) -> None:
        assert module.lines_to_read(numstat) == 100

    good, bad = example("size"), example("wrong/counts_the_lock_file")
    twins(is_short, good=good, bad=bad, harm="4000 == 100")
    monkeypatch.chdir(clone)
    assert good.main(["main"]) == 0
    assert "100 lines to read" in capsys.readouterr().out
    (clone / "c.py").write_text("x\n" * 301, "utf-8")
    git("add", ".", cwd=clone)
    git("commit", "-qm", "feat: y z", cwd=clone)
    assert good.main(["main"]) == 1
    monkeypatch.setattr(sys, "argv", ["size.py", "main"])
    with pytest.raises(SystemExit):
        runpy.run_path(str(FOLDER / "size.py"), run_name="__main__")


@pytest.mark.rule("VC-5")
def test_a_description_answers_every_question() -> None:
    template = PIPELINE / ".github/pull_request_template.md"
    questions = example("description")

    def answers_all(name: str) -> None:
        ref = f"examples/{HERE}/{name}"
        text = (ROOT / ref).read_text("utf-8")
        open_ = questions.unanswered(template.read_text("utf-8"), text)
        validated(ref, "description.py")
        assert open_ == [], ", ".join(open_)

    twins(
        answers_all,
        good="description.md",
        bad="wrong/says_nothing_about_the_data.md",
        harm="How it was tested, Data, Privacy, Cost, Rollback, Documents",
    )


@pytest.mark.rule("VC-5")
def test_the_template_asks_what_a_data_change_needs() -> None:
    ref = "examples/river-levels-etl/.github/pull_request_template.md"
    text = (ROOT / ref).read_text("utf-8")
    unanswered = example("description").unanswered

    wanted = "What and why,Ticket,How it was tested,Data,Privacy,Cost,Rollback,Documents"
    assert unanswered(text, text) == wanted.split(",")
    assert unanswered(text, "") == wanted.split(",")
    for word in ("Grain", "grain", "columns", "backfill", "refresh", "when", "DPIA"):
        assert word == "Grain" or word in text
    validated(ref, "description.py")


# --- owners and attributes --------------------------------------------------------------

PATTERNS = [
    ("*", "README.md", True),
    ("*", "src/river_levels/load.py", True),
    ("*.sql", "dbt/models/marts/fct_readings.sql", True),
    ("*.sql", "dbt/models/_groups.yml", False),
    ("/infra/", "infra/modules/rds/main.tf", True),
    ("/infra/", "docs/infra/notes.md", False),
    ("/infra/", "infra", False),
    ("infra/", "docs/infra/notes.md", True),
    ("docs/*", "docs/runbook.md", True),
    ("docs/*", "docs/adr/0001-x.md", False),
    ("/docs/dpia*", "docs/dpia-screening.md", True),
    ("/docs/dpia*", "docs/adr/dpia.md", False),
    ("**/logs", "src/logs/today.txt", True),
    ("**/logs", "logs/today.txt", True),
    ("/dbt/**/marts/", "dbt/models/marts/x.sql", True),
    ("/dbt/**/marts/", "dbt/marts/x.sql", True),
    ("/pipeline.yml", "pipeline.yml", True),
    ("/pipeline.yml", "docs/pipeline.yml", False),
    ("/INFRA/", "infra/main.tf", False),
    ("v?.txt", "v1.txt", True),
]


@pytest.mark.rule("VC-10")
@pytest.mark.parametrize(("pattern", "path", "is_match"), PATTERNS)
def test_patterns_match_as_github_says(pattern: str, path: str, is_match: bool) -> None:
    assert example("codeowners").matches(pattern, path) == is_match


@pytest.mark.rule("VC-10")
def test_what_does_most_harm_has_owners_of_its_own() -> None:
    owners = example("codeowners")
    good = "examples/river-levels-etl/.github/CODEOWNERS"
    bad = f"examples/{HERE}/wrong/general_owner_last.txt"

    def is_owned(ref: str) -> None:
        found = list(
            owners.faults((ROOT / ref).read_text("utf-8"), "@YOUR-ORG/data-engineering")
        )
        validated(ref, "codeowners.py")
        assert found == [], "; ".join(found)

    twins(is_owned, good=good, bad=bad, harm=r"deploy.yml has no(.*; ){3}infra/main.tf has no")
    text = (ROOT / good).read_text("utf-8")
    assert owners.owners_of(text, "infra/main.tf") == ["@YOUR-ORG/platform"]
    assert owners.owners_of("/docs/ @a\n/docs/adr\n", "docs/adr/0001.md") == []


NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["# é"]},
        {
            "cell_type": "code",
            "source": ["residents.head()"],
            "outputs": [{"output_type": "stream", "text": ["Resident A, KT1"]}],
            "execution_count": 3,
        },
    ],
    "nbformat": 4,
}


@pytest.mark.rule("VC-9")
def test_results_of_a_notebook_stay_out_of_git(git: Git, tmp_path: Path) -> None:
    def is_clean(script: str) -> None:
        place = tmp_path / ("bad" if "wrong" in script else "good")
        git("init", "-q", str(place))
        (place / "tools").mkdir()
        shutil.copy(FOLDER / "strip_outputs.py", place / "tools")
        shutil.copy(PIPELINE / ".gitattributes", place)
        (place / "notebook.ipynb").write_text(json.dumps(NOTEBOOK), "utf-8")
        run_shell(f"examples/{HERE}/{script}", cwd=place)
        stored = git("show", ":notebook.ipynb", cwd=place)
        assert "Resident A" not in stored, "'Resident A' is in git"

    twins(
        is_clean,
        good="notebooks.sh",
        bad="wrong/filter_never_set_up.sh",
        harm="'Resident A' is in git",
    )


@pytest.mark.rule("VC-9")
def test_the_rest_of_a_notebook_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    module = example("strip_outputs")
    clean = json.loads(module.stripped(json.dumps(NOTEBOOK).encode()))

    assert [cell["source"] for cell in clean["cells"]] == [["# é"], ["residents.head()"]]
    assert clean["cells"][1]["outputs"] == []
    assert module.stripped(module.stripped(json.dumps(NOTEBOOK).encode())) == (
        module.stripped(json.dumps(NOTEBOOK).encode())
    )


def test_the_filter_reads_and_writes_bytes() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "strip_outputs.py")],
        input=json.dumps(NOTEBOOK).encode(),
        capture_output=True,
        check=True,
    )

    assert b"Resident A" not in done.stdout
    assert b"\r" not in done.stdout
    assert "é".encode() in done.stdout


@pytest.mark.rule("VC-9")
def test_the_attributes_hold_for_git(git: Git, tmp_path: Path) -> None:
    ref = "examples/river-levels-etl/.gitattributes"
    git("init", "-q", str(tmp_path / "repo"))
    shutil.copy(ROOT / ref, tmp_path / "repo")

    told = git(
        *("check-attr", "eol", "diff", "filter", "linguist-generated", "--"),
        *("uv.lock", "analysis/a.ipynb", "run.sh"),
        cwd=tmp_path / "repo",
    )

    version = git("--version").split()[2]
    validated(ref, f"git {version}")
    assert "uv.lock: diff: unset" in told
    assert "uv.lock: linguist-generated: true" in told
    assert "analysis/a.ipynb: filter: no-outputs" in told
    assert "run.sh: eol: lf" in told


# --- exercises --------------------------------------------------------------------------


@pytest.mark.rule("VC-1")
def test_a_conflict_is_solved_by_meaning(git: Git, tmp_path: Path) -> None:
    def keeps_both(script: str) -> None:
        place = tmp_path / ("bad" if "wrong" in script else "good")
        place.mkdir()
        run_shell(f"examples/{HERE}/practice.sh", cwd=place)
        repo = place / "git-practice"
        done = run_shell(f"examples/{HERE}/{script}", cwd=repo)
        if script == "conflict.sh":
            assert "<<<<<<<" in done.stdout
        settings = git("show", "HEAD:settings.py", cwd=repo)
        assert "READ_TIMEOUT_S = 60" in settings, settings
        assert "LOOKBACK_HOURS = 72" in settings

    twins(
        keeps_both,
        good="conflict.sh",
        bad="wrong/takes_our_side.sh",
        harm="READ_TIMEOUT_S = 30",
    )


def test_the_conflict_looks_as_on_the_page(git: Git, tmp_path: Path) -> None:
    run_shell(f"examples/{HERE}/practice.sh", cwd=tmp_path)

    done = run_shell(f"examples/{HERE}/conflict.sh", cwd=tmp_path / "git-practice")

    assert "+LOOKBACK_HOURS = 72" in done.stdout
    assert_output(f"examples/{HERE}/conflict.out", done.stdout)


@pytest.mark.rule("VC-2")
def test_bisect_finds_the_commit_that_broke_it(git: Git, tmp_path: Path) -> None:
    def finds_it(script: str) -> None:
        place = tmp_path / ("bad" if "wrong" in script else "good")
        place.mkdir()
        run_shell(f"examples/{HERE}/practice.sh", cwd=place)
        # Measuring the children would take most of the time.
        plain = {"COVERAGE_PROCESS_START": ""}
        repo = place / "git-practice"
        done = run_shell(f"examples/{HERE}/{script}", cwd=repo, env=plain)
        assert "first bad: perf: count in days" in done.stdout, done.stdout
        assert_output(f"examples/{HERE}/bisect.out", done.stdout, volatile=[r"\[[0-9a-f]+\]"])

    twins(
        finds_it,
        good="bisect.sh",
        bad="wrong/takes_a_crash_for_the_bug.sh",
        harm="first bad: refactor: half done, does not compile",
    )


@pytest.mark.rule("VC-11")
def test_a_mistake_on_main_is_reverted(git: Git, tmp_path: Path) -> None:
    def keeps_the_colleague(script: str) -> None:
        name = "bad" if "wrong" in script else "good"
        remote, mine, theirs = (tmp_path / f"{name}-{n}" for n in ("r", "mine", "theirs"))
        git("init", "--bare", "-q", str(remote))
        git("clone", "-q", str(remote), str(mine))
        for message in ("feat: begin", "feat: guess missing values"):
            (mine / "values.py").write_text(message + "\n", "utf-8")
            git("add", ".", cwd=mine)
            git("commit", "-qm", message, cwd=mine)
        git("push", "-q", "-u", "origin", "main", cwd=mine)
        git("clone", "-q", str(remote), str(theirs))
        (theirs / "other.py").write_text("", "utf-8")
        git("add", ".", cwd=theirs)
        git("commit", "-qm", "fix: read the time zone", cwd=theirs)
        git("push", "-q", cwd=theirs)
        run_shell(f"examples/{HERE}/{script}", cwd=mine)
        log = git("log", "--format=%s", "main", cwd=remote)
        assert git("show", "main:values.py", cwd=remote) == "feat: begin"
        assert "fix: read the time zone" in log, f"main is now: {log}"

    harm = r"main is now: feat: begin\n"
    twins(keeps_the_colleague, good="revert.sh", bad="wrong/force_push.sh", harm=harm)


@pytest.mark.rule("VC-11")
def test_a_protected_branch_refuses_the_force_push(
    git: Git, clone: Path, tmp_path: Path
) -> None:
    """The server's setting that stands in for `non_fast_forward` of a ruleset."""
    git("config", "receive.denyNonFastForwards", "true", cwd=tmp_path / "remote.git")
    (clone / "settings.py").write_text("LOOKBACK_HOURS = 1\n", "utf-8")
    git("commit", "-qam", "feat: guess missing values", cwd=clone)
    git("push", "-q", cwd=clone)

    refused = run_shell(f"examples/{HERE}/wrong/force_push.sh", cwd=clone, exit_code=1).stderr

    assert "non-fast-forward" in refused or "denying non-fast-forward" in refused
    log = git("log", "--format=%s", "main", cwd=tmp_path / "remote.git")
    assert log.splitlines()[0] == "feat: guess missing values"
