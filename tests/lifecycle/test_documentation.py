"""Proofs of docs/lifecycle/documentation.md, on the documents of the reference pipeline."""

import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import yaml

from guidance.engines import environment
from guidance.evidence import assert_output, load_example, regions, run_shell, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES, ROOT

if TYPE_CHECKING:
    from river_levels.pipeline import Pipeline

HERE = "lifecycle/documentation"
PIPELINE = EXAMPLES / "river-levels-etl"
REPOSITORY = "examples/river-levels-etl"
WRONG = f"examples/{HERE}/wrong"


def example(name: str) -> Any:
    """Load an example of this page."""
    return load_example(f"{HERE}/{name}.py")


def checked(ref: str, checker: str) -> str:
    """Read a document, and note that a checker which can refuse it has seen it."""
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, checker))
    return (ROOT / ref).read_text("utf-8")


def held(check: Callable[[str], Iterator[str]], good: str, bad: str, harm: str) -> None:
    """Hold two documents against a checker of documents.py or plain_words.py."""
    checker = Path(check.__code__.co_filename).name

    def has_no_fault(ref: str) -> None:
        found = list(check(checked(ref, checker)))
        assert found == [], "; ".join(found)

    twins(has_no_fault, good=good, bad=bad, harm=harm)


@pytest.mark.rule("DOCS-1")
def test_a_readme_answers_in_the_same_order() -> None:
    faults = example("documents").readme_faults

    held(
        faults,
        f"{REPOSITORY}/README.md",
        f"{WRONG}/readme_without_a_rerun.md",
        "answer `Who answers for it`;.*answer `Run it again`;.*keep the order.*link docs/",
    )


@pytest.mark.rule("DOCS-1")
def test_a_screening_gives_answers_and_reasons() -> None:
    faults = example("documents").screening_faults

    held(
        faults,
        f"{REPOSITORY}/docs/dpia-screening.md",
        f"{WRONG}/screening_left_blank.md",
        "why: Can it be joined.*why: Does a machine.*a yes or a doubt goes to the data",
    )
    assert "DOCS-1 ask something" in list(faults("# Data protection screening"))


@pytest.mark.rule("DOCS-2")
def test_a_decision_has_its_parts() -> None:
    held(
        example("documents").decision_faults,
        f"{REPOSITORY}/docs/adr/0001-keep-each-reply-as-received.md",
        f"{WRONG}/decision_without_a_choice.md",
        "write `Consequences`; DOCS-2 give two options.*Status: proposed.*Date: 2026",
    )


def git(cwd: Path, *arguments: str) -> None:
    """Run git with a name and settings of its own."""
    who = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b.example"}
    who |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b.example"}
    who |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "HOME": str(cwd)}
    subprocess.run(
        ["git", *arguments], cwd=cwd, env=os.environ | who, capture_output=True, check=True
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The documents of the reference pipeline in a repository of their own."""
    place = tmp_path / "river-levels-etl"
    shutil.copytree(PIPELINE / "docs", place / "docs")
    shutil.copytree(PIPELINE / "dbt" / "models", place / "dbt" / "models")
    for name in ("README.md", "pipeline.yml"):
        shutil.copyfile(PIPELINE / name, place / name)
    git(place, "init", "-q", "-b", "main")
    git(place, "config", "core.autocrlf", "false")
    git(place, "add", "--all")
    git(place, "commit", "-q", "-m", "docs: begin")
    return place


@pytest.mark.rule("DOCS-2")
def test_a_decision_is_superseded_and_not_rewritten(repository: Path) -> None:
    rewritten = example("documents").rewritten
    name = "docs/adr/0001-keep-each-reply-as-received.md"
    file = repository / name
    text = file.read_text("utf-8").replace("half", "part")
    file.write_text(text, "utf-8", newline="\n")
    git(repository, "commit", "-qam", "docs: a draft may change", "--allow-empty")

    assert not rewritten(repository, name)
    accepted = text.replace("Status: proposed", "Status: accepted")
    file.write_text(accepted, "utf-8", newline="\n")
    git(repository, "commit", "-qam", "docs: accept")
    assert not rewritten(repository, name)
    superseded = text.replace("Status: proposed", "Status: superseded by 0002")
    file.write_text(superseded, "utf-8", newline="\n")
    git(repository, "commit", "-qam", "docs: supersede")
    assert not rewritten(repository, name)
    file.write_text(superseded.replace("Option 3", "Option 1"), "utf-8", newline="\n")
    git(repository, "commit", "-qam", "docs: rewrite")
    assert rewritten(repository, name)
    assert not rewritten(repository, "docs/adr/0002-not-there-yet.md")


@pytest.mark.rule("DOCS-3")
def test_a_runbook_goes_from_symptom_to_proof() -> None:
    held(
        example("documents").runbook_faults,
        f"{REPOSITORY}/docs/runbook.md",
        f"{WRONG}/runbook_that_restarts.md",
        r"write \*\*Check.\*\*; .*write \*\*Verify.\*\*; .*give the command",
    )


@pytest.mark.rule("DOCS-4")
def test_the_dictionary_is_what_dbt_says() -> None:
    text = example("dictionary").dictionary(PIPELINE)

    assert "| `typical_low_m` | double precision | m above the gauge's datum |" in text
    assert_output(f"{REPOSITORY}/docs/data-dictionary.md", text)


@pytest.mark.rule("DOCS-4")
def test_a_dictionary_by_hand_leaves_out_what_readers_need() -> None:
    columns = yaml.safe_load((PIPELINE / "dbt/models/marts/_marts.yml").read_text("utf-8"))[
        "models"
    ][0]["columns"]

    def describes_every_column(ref: str) -> None:
        # The good one is proved by the test above: its text is generated.
        is_bad = "wrong" in ref
        text = checked(ref, "dictionary.py") if is_bad else (ROOT / ref).read_text("utf-8")
        lacking = [c["name"] for c in columns if f"| `{c['name']}` |" not in text]
        assert lacking == [], lacking

    twins(
        describes_every_column,
        good=f"{REPOSITORY}/docs/data-dictionary.md",
        bad=f"{WRONG}/dictionary_by_hand.md",
        harm="'station_id', 'observed_at', 'parameter', 'is_plausible', 'loaded_at'",
    )


@pytest.mark.rule("DOCS-4")
def test_what_a_column_does_not_say_is_named() -> None:
    module = example("dictionary")
    model = {
        "name": "fct_reports",
        "columns": [
            {"name": "height", "data_type": "numeric", "description": "Of the water."},
            {"name": "reporter"},
            {
                "name": "reports",
                "data_type": "bigint",
                "description": "How many.",
                "config": {"meta": {"personal_data": True}},
            },
        ],
    }

    assert list(module.gaps(model, has_people=True)) == [
        "fct_reports: what is one row? Write `Grain: …`",
        "fct_reports.height: in which unit?",
        "fct_reports.height: is it personal data?",
        "fct_reports.reporter: what does it mean?",
        "fct_reports.reporter: which type?",
        "fct_reports.reporter: is it personal data?",
    ]
    assert "| count | may be | yes | How many. |" in module.entry(
        "marts", model | {"description": "Reports."}, ""
    )


def test_the_dictionary_is_not_written_with_gaps(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = repository / "dbt/models/marts/_marts.yml"
    text = file.read_text("utf-8").replace("description: In the row's unit.", "")
    file.write_text(text, "utf-8", newline="\n")

    assert example("dictionary").main([str(repository)]) == 1
    assert capsys.readouterr().err == "fct_readings.value: what does it mean?\n"


@pytest.mark.rule("DOCS-4")
@pytest.mark.rule("DOCS-6")
def test_documents_agree_with_the_database(pipeline: "Pipeline") -> None:
    """Columns of the dictionary, and every query of the runbook."""
    models_only = [f"--exclude-resource-type={kind}" for kind in ("test", "unit_test")]
    assert pipeline.transform(*models_only).statuses
    url = pipeline.settings.libpq_url
    text = example("dictionary").dictionary(PIPELINE)
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "SELECT table_schema || '.' || table_name, column_name"
            " FROM information_schema.columns WHERE table_schema IN ('marts', 'serving')"
        ).fetchall()
    for table, column in columns:
        section = text.partition(f"## {table}\n")[2].partition("\n## ")[0]
        assert f"| `{column}` |" in section, f"{table}.{column} is not described"
    assert len(columns) > 30

    run_blocks = example("run_blocks")

    def every_query_runs(ref: str) -> None:
        found = list(run_blocks.faults(url, checked(ref, "psycopg")))
        assert found == [], "; ".join(found)

    twins(
        every_query_runs,
        good=f"{REPOSITORY}/docs/runbook.md",
        bad=f"{WRONG}/runbook_of_last_year.md",
        harm='line 8: column "ended_at" does not exist',
    )


def test_running_a_document_changes_nothing(database_url: str) -> None:
    harmful = "# Runbook\n\n```sql\nCREATE TABLE left_behind ()\n```\n"
    marked = "<!-- not run: it would wait -->\n```sql\nSELECT pg_sleep(99)\n```\n"
    slow = "```sql\nSHOW statement_timeout\n```\n"

    found = list(example("run_blocks").faults(database_url, harmful + marked + slow))

    assert found == ["line 4: cannot execute CREATE TABLE in a read-only transaction"]
    with psycopg.connect(database_url) as connection:
        left = connection.execute("SELECT to_regclass('left_behind')").fetchone()
    assert left == (None,)


@pytest.mark.rule("DOCS-6")
def test_what_is_not_run_says_why() -> None:
    module = example("run_blocks")
    text = (PIPELINE / "docs/runbook.md").read_text("utf-8")

    reasons = [block.reason for block in module.blocks(text) if block.reason]

    assert reasons == ["it would end somebody's session"]
    assert module.summary(text) == f"{text.count('```sql') - 1} run, 1 not run"


def test_the_commands_of_the_runbook_are_commands() -> None:
    """What the shell blocks call is there; only its arguments are tried."""
    from river_levels import cli

    text = (PIPELINE / "docs/runbook.md").read_text("utf-8")
    commands = [line.split() for line in text.splitlines() if line.startswith("river-levels ")]

    assert len(commands) == 3
    for _, *arguments in commands:
        assert cli._parser().parse_args(arguments).command == arguments[0]


@pytest.mark.rule("DOCS-5")
def test_documents_speak_plainly() -> None:
    faults = example("plain_words").faults
    good = f"{REPOSITORY}/docs/dpia-screening.md"

    held(faults, good, f"{WRONG}/long_and_unexplained.md", "37 words.*CDC: .*LLPG: say what")
    for file in [PIPELINE / "README.md", *(PIPELINE / "docs").rglob("*.md")]:
        assert list(faults(file.read_text("utf-8"))) == [], file.name


@pytest.mark.rule("DOCS-7")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("![The steps, from the API to the view](a.svg)", ""),
        ("![](pipeline.png)", "DOCS-7 say in the alternative text"),
        ("```mermaid\nflowchart LR\n  a --> b\n```", "DOCS-7 give the diagram"),
        ("```mermaid\nflowchart LR\n  accDescr: From a to b.\n  a --> b\n```", ""),
        ("```bash\nls\n```", ""),
    ],
)
def test_a_picture_has_its_words(text: str, says: str) -> None:
    found = list(example("documents").picture_faults(text + "\n"))

    assert found[0].startswith(says) if says else not found, found


PLANTED = {
    "an account number": "arn:aws:iam::" + "1234" * 3 + ":role/x",
    "an access key": "AKI" + "A" + "Q" * 16,
    "a host": "db.abc.eu-west-2.rds.amazonaws.com",
    "an address inside": "ssh 10.20.30.40",
    "somebody's e-mail": "ask jo.bloggs@council.gov.uk",
}


@pytest.mark.rule("DOCS-9")
def test_a_document_says_no_way_in() -> None:
    held(
        example("documents").disclosure_faults,
        f"{REPOSITORY}/README.md",
        f"{WRONG}/readme_with_a_way_in.md",
        "an account number: 1234.*; .*a host: river-db.*rds.amazonaws.com",
    )


@pytest.mark.rule("DOCS-9")
def test_what_must_not_go_out_is_found() -> None:
    faults = example("documents").disclosure_faults

    for what, text in PLANTED.items():
        assert f"DOCS-9 take out {what}" in "; ".join(faults(text)), text
    clean = "you@council.example, 127.0.0.1, 4711, LGSL:4321, 2026-11-23, v1.10.2"
    assert list(faults(clean)) == []


@pytest.mark.rule("DOCS-10")
@pytest.mark.parametrize(
    ("line", "is_typed"),
    [
        ("Last reviewed: 3 May 2026", True),
        ("Verified on 2026-05-03", True),
        ("last updated: 05/2026", True),
        ("Date: 2026-11-23", False),
        ("The order was reviewed by two people.", False),
    ],
)
def test_a_date_of_review_is_not_typed(repository: Path, line: str, is_typed: bool) -> None:
    readme = repository / "README.md"
    readme.write_text(readme.read_text("utf-8") + f"\n{line}\n", "utf-8", newline="\n")

    found = list(example("documents").faults(repository))

    assert [f[:7] for f in found] == (["DOCS-10"] if is_typed else []), found


@pytest.mark.rule("DOCS-2")
def test_every_fault_names_its_file(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = example("documents")
    name = "docs/adr/0001-keep-each-reply-as-received.md"
    text = (repository / name).read_text("utf-8")
    (repository / name).write_text(text.replace("proposed", "accepted"), "utf-8")
    git(repository, "commit", "-qam", "docs: accept")
    (repository / name).write_text("# 1. x\n\n![](x.png)\n", "utf-8")
    (repository / "docs/runbook.md").unlink()

    found = list(module.faults(repository))

    assert f"DOCS-2 write `Options` ({name})" in found
    assert f"DOCS-2 write a new decision, keep this one ({name})" in found
    assert f"DOCS-7 say in the alternative text what the picture says ({name})" in found
    assert module.main([str(repository)]) == 1
    assert name in capsys.readouterr().out


def test_the_programs_run_as_the_page_says(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "tools").mkdir()
    for name in ("documents.py", "dictionary.py"):
        shutil.copyfile(EXAMPLES / HERE / name, repository / "tools" / name)
        monkeypatch.setattr(sys, "argv", [name, str(repository)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(EXAMPLES / HERE / name), run_name="__main__")
        assert ended.value.code == 0

    with environment(PYTHONUTF8="1"):
        shown = run_shell(f"examples/{HERE}/fresh.sh", cwd=repository)

    assert shown.stdout == "the documents are whole\n"
    assert capsys.readouterr().out.startswith("the documents are whole\n# Data dictionary")
