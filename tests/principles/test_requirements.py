"""Proofs of docs/principles/requirements.md."""

import copy
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import jsonschema
import psycopg
import pytest
import yaml

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

if TYPE_CHECKING:
    from river_levels.pipeline import Pipeline

HERE = "principles/requirements"
FOLDER = EXAMPLES / HERE
SCHEMA = "examples/river-levels-etl/pipeline.schema.json"
LONDON = ZoneInfo("Europe/London")
RULES: dict[str, Any] = json.loads((ROOT / SCHEMA).read_text("utf-8"))


def manifest(name: str = "pipeline.yml") -> dict[str, Any]:
    """Return a manifest among the examples."""
    found = load_example(f"{HERE}/requirements.py").read(FOLDER / name)
    assert isinstance(found, dict)
    return found


def validated(name: str) -> None:
    """Note that the schema was held against the file of which this is a part."""
    ref = f"examples/{HERE}/{name}"
    tool = f"jsonschema {importlib.metadata.version('jsonschema')}"
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, tool))


# --- the intake ---------------------------------------------------------------------------


def change(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Return what sets one field."""

    def edit(document: dict[str, Any]) -> None:
        *way, last = path.split(".")
        place: Any = document
        for step in way:
            place = place[int(step)] if step.isdigit() else place[step]
        place[last] = value

    return edit


def leave_out(path: str) -> Callable[[dict[str, Any]], None]:
    """Return what removes one field."""

    def edit(document: dict[str, Any]) -> None:
        *way, last = path.split(".")
        place: Any = document
        for step in way:
            place = place[int(step)] if step.isdigit() else place[step]
        del place[last]

    return edit


BAD = [
    leave_out("intake"),
    leave_out("dpia"),
    leave_out("intake.lawful_basis"),
    leave_out("intake.objective.by"),
    leave_out("intake.measures.0.definition"),
    change("owner", None),
    change("sources.0.kind", "spreadsheet"),
    change("tier", "service"),
    change("contact", "ask Sam"),
    change("intake.objective.by", "8 am"),
    change("intake.objective.timezone", "UTC"),
    change("intake.objective.percent_of_days", 120),
    change("intake.if_late", "bad"),
    change("intake.deadline", "as soon as possible"),
    change("freshness.warn_hours", 60),
]


@pytest.mark.rule("REQ-2")
def test_fifteen_bad_manifests_are_refused_by_name() -> None:
    problems = load_example(f"{HERE}/requirements.py").problems
    validate_schema(f"examples/{HERE}/pipeline.yml", SCHEMA)
    assert problems(manifest(), RULES) == []

    lines = []
    for edit in BAD:
        broken = copy.deepcopy(manifest())
        edit(broken)
        found = problems(broken, RULES)
        assert len(found) == 1, found
        lines += found

    assert len(lines) == 15
    assert all(re.match(r"[a-z_.0-9]+: \S", line) for line in lines)
    assert_output(f"examples/{HERE}/problems.out", "\n".join(lines))


def test_the_reference_pipeline_is_ready() -> None:
    jsonschema.Draft202012Validator.check_schema(RULES)
    tool = f"jsonschema {importlib.metadata.version('jsonschema')}"
    RECORDER.proof(Proof(SCHEMA, regions.find(SCHEMA).sha256, Level.VALIDATED, tool))
    problems = load_example(f"{HERE}/requirements.py").problems
    reference = validate_schema("examples/river-levels-etl/pipeline.yml", SCHEMA)
    assert isinstance(reference, dict)

    assert problems(reference, RULES) == []
    # It is of tier core, so an older manifest without an intake stays valid.
    older = {name: value for name, value in reference.items() if name != "intake"}
    assert problems(older, RULES) == []
    assert problems(older | {"tier": "service"}, RULES) == [
        "contact: must be of type string",
        "intake: is missing",
        "owner: must be of type string",
        "sources.0.owner: is missing",
    ]


@pytest.mark.rule("REQ-2")
def test_the_tier_follows_from_what_goes_wrong() -> None:
    problems = load_example(f"{HERE}/requirements.py").problems

    def is_of_the_right_tier(name: str) -> None:
        found = problems(manifest(name), RULES)
        if "wrong" in name:
            validated(f"{name}:tier")
        assert found == [], "; ".join(found)

    twins(
        is_of_the_right_tier,
        good="pipeline.yml",
        bad="wrong/small_so_core.yml",
        harm="tier: must be sensitive here",
    )


def test_the_check_runs_in_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tools").mkdir()
    shutil.copy(FOLDER / "requirements.py", tmp_path / "tools")
    shutil.copy(FOLDER / "pipeline.yml", tmp_path)
    shutil.copy(ROOT / SCHEMA, tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")

    shown = run_shell(f"examples/{HERE}/check.sh", cwd=tmp_path)

    assert shown.stdout == "ready to be built\n"
    # The copy's lines are not the page's: run that file too.
    command = [sys.executable, FOLDER / "requirements.py", FOLDER / "pipeline.yml"]
    subprocess.run([*command, ROOT / SCHEMA], check=True, timeout=60)
    capsys.readouterr()
    main = load_example(f"{HERE}/requirements.py").main
    for text, says in [
        ("- 1\n", "bad.yml: holds no fields"),
        ("a: [\n", "bad.yml: while parsing"),
        ((FOLDER / "wrong/small_so_core.yml").read_text("utf-8"), "tier: must be sensitive"),
    ]:
        (tmp_path / "bad.yml").write_text(text, "utf-8")
        assert main([str(tmp_path / "bad.yml"), str(ROOT / SCHEMA)]) == 1
        assert capsys.readouterr().out.startswith(says)


def test_a_time_without_quotes_is_a_number() -> None:
    assert yaml.safe_load("by: 18:00") == {"by": 1080}
    assert yaml.safe_load("ends: 2028-03-31") == {"ends": date(2028, 3, 31)}
    assert manifest()["intake"]["ends"] == "2028-03-31"


# --- REQ-1: the objective -----------------------------------------------------------------

LAST = date(2026, 3, 31)  # the clocks go forward on the 29th


def objective(percent: float = 95, over_days: int = 30) -> Any:
    """Return: by eight, on so many of so many days."""
    return load_example(f"{HERE}/objective.py").Objective(time(8), percent, over_days)


def published(day: date, at: time) -> Any:
    """Return a run that brought the day before, at a time in London."""
    midnight = datetime.combine(day, time(0), LONDON).astimezone(UTC)
    moment = datetime.combine(day, at, LONDON).astimezone(UTC)
    return load_example(f"{HERE}/objective.py").Run(midnight, moment)


@pytest.mark.rule("REQ-1")
def test_a_day_without_a_run_is_a_day_missed() -> None:
    days = [LAST - timedelta(days=n) for n in range(30)]
    silent = {date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 20)}
    runs = [published(day, time(7, 10)) for day in days if day not in silent]

    def tells_what_readers_saw(module: Any) -> None:
        if hasattr(module, "judge"):
            said = module.judge(objective(), runs, LAST).percent
        else:
            said = module.percent_in_time(["succeeded"] * len(runs))
        assert said == 90, f"says {said}, but readers had it on 27 of 30 days"

    good = load_example(f"{HERE}/objective.py")
    verdict = good.judge(objective(), runs, LAST)
    assert (verdict.days, set(verdict.missed), verdict.is_kept) == (30, silent, False)
    assert good.judge(objective(90), runs, LAST).is_kept
    twins(
        tells_what_readers_saw,
        good=good,
        bad=load_example(f"{HERE}/wrong/counts_runs.py"),
        harm=r"says 100\.0, but readers had it on 27 of 30 days",
    )


@pytest.mark.rule("REQ-1")
def test_eight_is_eight_in_london_in_summer_too() -> None:
    late = time(8, 30)
    winter, summer = date(2026, 3, 27), date(2026, 3, 30)

    def is_late_on(module: Any) -> None:
        if hasattr(module, "judge"):
            said = [
                bool(module.judge(objective(over_days=1), [published(day, late)], day).missed)
                for day in (winter, summer)
            ]
        else:
            runs = [(published(day, late), day) for day in (winter, summer)]
            said = [not module.was_in_time(run.published_at, day) for run, day in runs]
        assert said == [True, True], f"08:30 in London: late in winter, in summer: {said}"

    twins(
        is_late_on,
        good=load_example(f"{HERE}/objective.py"),
        bad=load_example(f"{HERE}/wrong/deadline_in_utc.py"),
        harm=r"\[True, False\]",
    )


@pytest.mark.rule("REQ-1")
def test_a_schedule_can_meet_its_objective() -> None:
    unreachable = load_example(f"{HERE}/reach.py").unreachable

    def is_in_time_all_year(name: str) -> None:
        found = manifest(name)
        assert load_example(f"{HERE}/requirements.py").problems(found, RULES) == []
        validated(f"{name}:schedule")
        late = unreachable(found, 2026, run_minutes=45)
        assert late == [], f"late on {len(late)} days, {late[0]} to {late[-1]}"

    assert unreachable(manifest(), 2026, run_minutes=91) != []
    twins(
        is_in_time_all_year,
        good="pipeline.yml",
        bad="wrong/summer_forgotten.yml",
        harm="late on 210 days, 2026-03-29 to 2026-10-24",
    )


def test_the_ledger_of_the_reference_pipeline_can_be_judged(
    pipeline: "Pipeline", database_url: str
) -> None:
    from river_levels.windows import Window

    now = datetime.now(UTC)
    today = now.astimezone(LONDON).date()
    midnight = datetime.combine(today, time(0), LONDON).astimezone(UTC)
    pipeline.ingest(Window(midnight - timedelta(hours=1), midnight), "run")
    module = load_example(f"{HERE}/objective.py")

    with psycopg.connect(database_url) as connection:
        rows = connection.execute((FOLDER / "runs.sql").read_text("utf-8")).fetchall()
    runs = [module.Run(window_end, at) for window_end, at in rows]

    assert len(runs) == 1
    by_midnight = module.Objective(time(23, 59), 95, 1)
    assert module.judge(by_midnight, runs, today).is_kept
    assert module.judge(by_midnight, runs, today + timedelta(days=1)).missed


# --- REQ-3, REQ-4: before building ----------------------------------------------------------


@pytest.mark.rule("REQ-3")
def test_ten_rows_tell_more_than_one() -> None:
    rows = json.loads((FOLDER / "ten_rows.json").read_text("utf-8"))
    known = {"@id", "RLOIid", "dateOpened", "label", "town"}

    def finds_the_surprises(module: Any) -> None:
        found = module.surprises(rows, "@id")
        fields = {line.partition(":")[0] for line in found}
        assert fields == known, f"finds {len(fields)} of {len(known)} surprises"

    good = load_example(f"{HERE}/spike.py")
    assert_output(f"examples/{HERE}/spike.out", "\n".join(good.surprises(rows, "@id")))
    twins(
        finds_the_surprises,
        good=good,
        bad=load_example(f"{HERE}/wrong/first_row_only.py"),
        harm="finds 0 of 5 surprises",
    )


@pytest.mark.rule("REQ-4")
def test_the_same_source_is_found_under_another_name() -> None:
    reference = yaml.safe_load((EXAMPLES / "river-levels-etl/pipeline.yml").read_text("utf-8"))
    other = manifest()
    url = "https://environment.data.gov.uk/flood-monitoring/id/stations"
    wanted = {"name": "water-etl", "sources": [{"name": "gauges", "url": url}]}

    def finds_it(module: Any) -> None:
        found = module.built_already(wanted, [reference, other])
        assert found == ["river-levels-etl"], f"finds {found}"

    good = load_example(f"{HERE}/exists.py")
    assert good.built_already(other, [reference]) == []
    assert good.built_already(other, [other]) == ["flood-reports-etl"]
    twins(
        finds_it,
        good=good,
        bad=load_example(f"{HERE}/wrong/looks_for_the_name.py"),
        harm=r"finds \[\]",
    )


# --- REQ-6: acceptance --------------------------------------------------------------------


@pytest.mark.rule("REQ-6")
def test_other_numbers_need_a_new_signature(database_url: str) -> None:
    query = (FOLDER / "acceptance.sql").read_text("utf-8")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA serving")
        connection.execute("CREATE TABLE serving.flood_reports (ward text, day date)")
        connection.execute(
            "INSERT INTO serving.flood_reports VALUES ('Tolworth', '2026-03-01'),"
            " ('Tolworth', '2026-03-01'), ('Ewell', '2026-03-02')"
        )

        def notices(module: Any) -> None:
            before = connection.execute(query).fetchall()
            signs_rows = hasattr(module, "Signature")
            if signs_rows:
                signature = module.sign("Sam Example", date(2026, 3, 3), before)
                assert module.still_holds(signature, before)
            else:
                signature = module.sign(query)
            connection.execute(
                "INSERT INTO serving.flood_reports VALUES ('Tolworth', '2026-03-01')"
            )
            after = connection.execute(query).fetchall()
            holds = module.still_holds(signature, after if signs_rows else query)
            assert not holds, f"still signed: {before[0][1]} turned into {after[0][1]}"

        twins(
            notices,
            good=load_example(f"{HERE}/acceptance.py"),
            bad=load_example(f"{HERE}/wrong/signed_the_query.py"),
            harm="still signed: 3 turned into 4",
        )
