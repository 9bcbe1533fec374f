"""The scripts inside the workflows, run against a fake `gh`."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from guidance.paths import ROOT

GH = """\
#!/usr/bin/env bash
printf '%s\\n' "$*" >> calls
case "$1 $2" in
  "issue list") printf '%s' "$OPEN_ISSUE" ;;
  "issue create" | "issue edit") cat shown.md > sent ;;
  api\\ *) [ -n "$PAGES_PUBLIC" ] || exit 1; printf '%s' "$PAGES_PUBLIC" ;;
esac
"""
RUN_URL = "https://github.example/run/1"


def script(name: str, job: str, step: str) -> str:
    """Return the script of a named step."""
    jobs = yaml.safe_load((ROOT / name).read_text("utf-8"))["jobs"]
    found: list[str] = [s["run"] for s in jobs[job]["steps"] if s.get("name") == step]
    assert len(found) == 1
    return found[0]


def run(text: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script as GitHub does, with a fake gh first on PATH."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    gh = programs / "gh"
    gh.write_text(GH, encoding="utf-8", newline="\n")
    gh.chmod(0o755)
    found = {"GITHUB_OUTPUT": str(folder / "output"), "RUN_URL": RUN_URL}
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text],
        cwd=folder,
        env=os.environ
        | {"OPEN_ISSUE": "", "PAGES_PUBLIC": "", "PATH": path}
        | found
        | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def calls(folder: Path) -> list[str]:
    """Return how gh was called, without the label's call."""
    lines = (folder / "calls").read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("label create")]


# --- weekly: one issue ----------------------------------------------------------------

LIST = "issue list --state open --label weekly-check --json number --jq .[0].number"


def report(folder: Path, **variables: str) -> list[str]:
    """Run the step that keeps the one issue, and return gh's calls."""
    results = {"LATEST": "success", "ASKED": "success"} | variables
    done = run(
        script(".github/workflows/weekly.yml", "issue", "Open, update or close it"),
        folder,
        **results,
    )
    assert done.returncode == 0, done.stderr
    return calls(folder)


@pytest.fixture
def fetched(tmp_path: Path) -> Path:
    """Where the reports of the other jobs arrive."""
    (tmp_path / "fetched").mkdir()
    return tmp_path / "fetched"


def test_nothing_to_say_opens_no_issue(tmp_path: Path, fetched: Path) -> None:
    assert report(tmp_path) == [LIST]


def test_reports_that_never_arrived_are_no_news(tmp_path: Path) -> None:
    assert report(tmp_path) == [LIST]


def test_dead_links_open_one_issue(tmp_path: Path, fetched: Path) -> None:
    (fetched / "links.md").write_text("# Links\n\n- $(dead) `link`\n", "utf-8")
    (fetched / "facts.md").write_text("# Dated facts\n", "utf-8")

    assert report(tmp_path)[1:] == [
        "issue create --title Weekly check --label weekly-check --body-file shown.md"
    ]
    sent = (tmp_path / "sent").read_text("utf-8")
    assert sent == "# Dated facts\n\n# Links\n\n- $(dead) `link`\n\n"


def test_an_open_issue_is_updated(tmp_path: Path, fetched: Path) -> None:
    (fetched / "links.md").write_text("# Links\n", "utf-8")

    assert report(tmp_path, OPEN_ISSUE="7")[1:] == ["issue edit 7 --body-file shown.md"]


def test_an_open_issue_is_closed_when_all_is_well(tmp_path: Path, fetched: Path) -> None:
    assert report(tmp_path, OPEN_ISSUE="7")[1:] == [
        f"issue close 7 --comment All is well again: {RUN_URL}"
    ]


@pytest.mark.parametrize("result", ["failure", "cancelled", "skipped"])
def test_jobs_that_failed_are_named(tmp_path: Path, fetched: Path, result: str) -> None:
    report(tmp_path, LATEST=result, ASKED=result)

    sent = (tmp_path / "sent").read_text("utf-8")
    assert f"# Latest dependencies\n\nThe tests do not pass: {RUN_URL}" in sent
    assert f"# Facts and links\n\nThey could not be checked: {RUN_URL}" in sent


def test_a_long_report_is_cut(tmp_path: Path, fetched: Path) -> None:
    (fetched / "links.md").write_text("x" * 70_000, "utf-8")

    report(tmp_path)

    assert (tmp_path / "sent").stat().st_size == 60_000


UV = """\
#!/usr/bin/env bash
echo "$*"
case "$3" in
  facts) exit "$FACTS" ;;
  links) exit "$LINKS" ;;
  vulnerabilities) exit "${FLAWS:-0}" ;;
esac
"""


@pytest.mark.parametrize(
    ("facts", "links", "code", "kept"),
    [
        (0, 0, 0, []),
        (1, 0, 0, ["facts.md"]),
        (0, 1, 0, ["links.md"]),
        (1, 1, 0, ["facts.md", "links.md"]),
        (2, 0, 2, ["facts.md"]),
        (0, 2, 2, ["links.md"]),
    ],
)
def test_a_report_is_kept_if_it_has_news(
    tmp_path: Path, facts: int, links: int, code: int, kept: list[str]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    uv = programs / "uv"
    uv.write_text(UV, encoding="utf-8", newline="\n")
    uv.chmod(0o755)

    done = run(
        script(".github/workflows/weekly.yml", "facts-and-links", "Ask"),
        tmp_path,
        FACTS=str(facts),
        LINKS=str(links),
    )

    assert done.returncode == code
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == kept
    if "links.md" in kept:
        asked = (tmp_path / "reports/links.md").read_text("utf-8")
        assert asked == "run guidance links --external\n"


@pytest.mark.parametrize(
    ("flaws", "code", "kept"),
    [(0, 0, []), (1, 0, ["vulnerabilities.md"]), (2, 2, ["vulnerabilities.md"])],
)
def test_a_vulnerability_is_reported(
    tmp_path: Path, flaws: int, code: int, kept: list[str]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    uv = programs / "uv"
    uv.write_text(UV, encoding="utf-8", newline="\n")
    uv.chmod(0o755)
    text = script(".github/workflows/weekly.yml", "facts-and-links", "Ask")

    done = run(text, tmp_path, FACTS="0", LINKS="0", FLAWS=str(flaws))

    assert done.returncode == code
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == kept


# --- publish: is there somewhere to publish to? ---------------------------------------


@pytest.mark.parametrize(
    ("settings", "code", "said", "output"),
    [
        ("BDR", 0, "", "can-publish=true\n"),
        ("", 0, "::notice title=Not published::Set the repository variables", ""),
        ("BD", 1, "::error title=Not published::Some repository variables", ""),
        ("R", 1, "::error title=Not published::Some repository variables", ""),
    ],
)
def test_an_unset_target_is_said(
    tmp_path: Path, settings: str, code: int, said: str, output: str
) -> None:
    names = {"BUCKET": "B", "DISTRIBUTION": "D", "ROLE": "R"}
    variables = {name: "x" if key in settings else "" for name, key in names.items()}
    text = script(
        ".github/workflows/publish.yml",
        "build",
        "Say whether there is somewhere to publish to",
    )

    done = run(text, tmp_path, **variables)

    assert done.returncode == code
    assert done.stdout.startswith(said)
    found = tmp_path / "output"
    assert (found.read_text("utf-8") if found.exists() else "") == output


def test_only_the_deploying_job_may_ask_for_a_token() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text("utf-8"))["jobs"]

    assert jobs["build"]["permissions"] == {"contents": "read"}
    assert jobs["deploy"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert jobs["deploy"]["environment"]["name"] == "production"
    assert "github.event_name == 'push'" in jobs["deploy"]["if"]
    assert jobs["deploy"]["needs"] == "build"
    sent, got = (
        [s["with"] for s in jobs[job]["steps"] if f"{verb}-artifact" in s.get("uses", "")]
        for job, verb in (("build", "upload"), ("deploy", "download"))
    )
    assert [(one["name"], one["path"]) for one in sent] == [("site", "site/")]
    assert [(one["name"], one["path"]) for one in got] == [("site", "site/")]


# --- the variant for GitHub Pages -----------------------------------------------------


@pytest.mark.parametrize(("public", "code"), [("false", 0), ("true", 1), ("null", 1), ("", 1)])
def test_pages_are_published_only_if_strangers_are_kept_out(
    tmp_path: Path, public: str, code: int
) -> None:
    text = script("examples/lifecycle/ci-cd/github-pages.yml", "private", "Ask GitHub")

    done = run(text, tmp_path, PAGES_PUBLIC=public, REPOSITORY="example/guidance")

    assert done.returncode == code
    assert ("::error" in done.stdout) == bool(code)
    assert calls(tmp_path) == ["api repos/example/guidance/pages --jq .public"]


@pytest.fixture(autouse=True)
def _needs_bash() -> None:
    if shutil.which("bash") is None:
        pytest.skip("bash is not on PATH: install Git for Windows")


def test_the_pages_variant_says_when_it_may_be_used() -> None:
    text = (ROOT / "examples/lifecycle/ci-cd/github-pages.yml").read_text("utf-8")
    jobs = yaml.safe_load(text)["jobs"]

    assert text.startswith("# ONLY WHERE PAGES IS ACCESS-CONTROLLED.")
    assert jobs["build"]["needs"] == "private"
    assert jobs["deploy"]["needs"] == "build"
    assert json.dumps(jobs).count('"id-token": "write"') == 1
