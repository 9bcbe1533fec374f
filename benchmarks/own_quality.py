"""Measure how hard it is to fool what certifies everything else.

``coverage``: branch coverage of ``src/guidance`` and of the reference pipeline by their own
tests; child processes count. ``mutants``: faults planted one by one into the evidence, the
gate and the rules (see ``MUTATED``) by cosmic-ray, in a copy of the repository; a mutant that
no test notices survives. All takes hours, so a sample is drawn, by a seed: one mutant each of
so many places. Left out are operators on paths and sets, whose mutants cannot even be
imported, so that they would only flatter the score.

Writes ``benchmarks/own_coverage.json`` and ``benchmarks/own_mutants.json``. Nothing is
asserted here; ``tests/site/test_own_quality.py`` holds the committed results to the limits.

    uv run python benchmarks/own_quality.py coverage
    uv run python benchmarks/own_quality.py coverage --report  # of the last measurement
    uv run python benchmarks/own_quality.py mutants [--sample 60] [--seed 7]
    uv run python benchmarks/own_quality.py mutants --resume --minutes 30
    uv run python benchmarks/own_quality.py words
"""

import argparse
import datetime as dt
import json
import os
import platform
import random
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import coverage

from guidance.evidence.plugin import OWN_COVERAGE
from guidance.paths import BUILD, ROOT

RESULT = ROOT / "benchmarks" / "own_coverage.json"
PLACE = BUILD / "own-coverage"
MEASURED = ["src/guidance", "examples/river-levels-etl/src/river_levels"]
TESTS = [
    "tests/evidence",
    "tests/engines",
    "tests/site",
    "tests/start/test_first_day.py",
    "tests/start/test_index.py",
    "tests/notebooks/test_notebooks.py::test_every_cell_runs[properties]",
    "tests/storage/test_s3_and_boto.py",
    "examples/river-levels-etl/tests",
    *("--deselect", "tests/site/test_accessibility.py"),
    *("--deselect", "tests/site/test_offline.py"),
    *("--deselect", "tests/site/test_search.py"),
    *("--deselect", "tests/site/test_types.py"),
    *("--deselect", "tests/site/test_contributing.py"),
]
MUTANTS = ROOT / "benchmarks" / "own_mutants.json"
GARDEN = BUILD / "own-mutants"
TOOL = "cosmic-ray==8.7.0"
MUTATED = [
    "src/guidance/evidence",
    "src/guidance/site/blocks.py",
    "src/guidance/site/gate.py",
    "src/guidance/site/rules.py",
]
NOTICED_BY = [
    "tests/evidence",
    "tests/site/test_gate_alone.py",
    "tests/site/test_rules.py",
    "tests/site/test_gate.py",
]
FLATTERING = "ReplaceBinaryOperator_%"
TIMEOUT_S = 600
SETTINGS = """\
[run]
branch = true
core = ctrace
parallel = true
sigterm = true
source =
    {source}
data_file = {data_file}
disable_warnings = no-data-collected, module-not-imported

[report]
exclude_also =
    if TYPE_CHECKING:
    @overload
    \\.\\.\\.$
"""


def settings() -> Path:
    """Write what coverage has to do, for this process and for its children."""
    path = PLACE / "coveragerc"
    path.parent.mkdir(parents=True, exist_ok=True)
    source = "\n    ".join((ROOT / name).as_posix() for name in MEASURED)
    data_file = (PLACE / "data").as_posix()
    path.write_text(SETTINGS.format(source=source, data_file=data_file), "utf-8")
    return path


def measure(tests: list[str]) -> dict[str, object]:
    """Run the tests in one process; return what there is to say of the run."""
    rc = settings()
    for path in PLACE.glob("data*"):
        path.unlink()
    began, stated = time.monotonic(), when()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "coverage", "run", f"--rcfile={rc}"),
            *("-m", "pytest", "-n", "0", *tests),
        ],
        cwd=ROOT,
        env=os.environ | {OWN_COVERAGE: str(rc)},
        check=False,
    )
    if done.returncode > 1:
        sys.exit("the tests could not be run: see above")
    return {
        **stated,
        "took_seconds": round(time.monotonic() - began),
        "all_passed": done.returncode == 0,
        "tests": tests,
    }


def report(run: dict[str, object] | None) -> None:
    """Put the fragments together and print what is missing; write the result of a run."""
    measured = coverage.Coverage(config_file=str(settings()))
    if list(PLACE.glob("data.*")):
        measured.combine(strict=True, keep=False)
    measured.save()
    measured.load()
    measured.report(show_missing=True, skip_covered=True)
    details = PLACE / "details.json"
    measured.json_report(outfile=str(details))
    files = json.loads(details.read_text("utf-8"))["files"]
    found = {}
    for folder in MEASURED:
        parts = [
            f["summary"] for name, f in files.items() if Path(name).is_relative_to(folder)
        ]
        total = {
            key: sum(part[key] for part in parts)
            for key in ("num_statements", "covered_lines", "num_branches", "covered_branches")
        }
        done = total["covered_lines"] + total["covered_branches"]
        of = total["num_statements"] + total["num_branches"]
        branches = total["covered_branches"] / total["num_branches"]
        found[folder] = {
            **total,
            "percent": round(100 * done / of, 1),
            "percent_of_branches": round(100 * branches, 1),
        }
    print(json.dumps(found, indent=1))
    if run:
        RESULT.write_text(json.dumps({**run, "measured": found}, indent=1) + "\n", "utf-8")


def when(repository: Path = ROOT) -> dict[str, object]:
    """Return the date, the commit and the machine, as every result names them."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short=7", "HEAD"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return {
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
        "commit": commit,
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}",
    }


def mutants(sample: int, seed: int, minutes: float, *, resume: bool) -> None:
    """Plant a sample of faults in a copy of what is committed; write who survived.

    Those that do not get their turn within ``minutes`` are not counted. The order is by
    chance, too; ``resume`` goes on with them.
    """
    copy, session = GARDEN / "copy", GARDEN / "session.sqlite"
    settings = GARDEN / "cosmic-ray.toml"

    def cosmic_ray(*arguments: str, seconds: float | None = None) -> None:
        command = ["uvx", "--from", TOOL, "cosmic-ray", *arguments]
        variables = os.environ | {"PYTHONPATH": str(copy / "src")}
        with subprocess.Popen(
            command, cwd=copy, env=variables, start_new_session=True
        ) as process:
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return
        if status:
            raise subprocess.CalledProcessError(status, command)

    if not resume:
        shutil.rmtree(GARDEN, ignore_errors=True)
        GARDEN.mkdir(parents=True)
        git = ["git", "clone", "--quiet", "--depth=1", ROOT.as_uri(), str(copy)]
        subprocess.run(git, check=True)
        tests = [sys.executable, "-m", "pytest", "-n0", "-xq", "-pno:cacheprovider"]
        settings.write_text(
            f"[cosmic-ray]\nmodule-path = {json.dumps(MUTATED)}\ntimeout = {TIMEOUT_S}.0\n"
            f"test-command = {json.dumps(shlex.join([*tests, *NOTICED_BY]))}\n"
            'excluded-modules = []\n[cosmic-ray.distributor]\nname = "local"\n',
            "utf-8",
        )
        cosmic_ray("baseline", str(settings))
        cosmic_ray("init", str(settings), str(session))
        with sqlite3.connect(session) as database:
            draw(database, sample, seed)
    subprocess.run(["git", "checkout", "--quiet", "."], cwd=copy, check=True)
    cosmic_ray("exec", str(settings), str(session), seconds=minutes * 60)
    count(session, {**when(copy), "tool": TOOL, "seed": seed})


def count(session: Path, run: dict[str, object]) -> None:
    """Count who was killed, write it, and show the others."""
    with sqlite3.connect(session) as database:
        [(drawn,)] = database.execute("SELECT count(*) FROM work_items").fetchall()
        rows = database.execute(
            "SELECT module_path, start_pos_row, operator_name, definition_name, test_outcome,"
            " diff FROM mutation_specs JOIN work_results USING (job_id) ORDER BY 1, 2, 3"
        ).fetchall()
    survived = [row for row in rows if row[4] == "SURVIVED"]
    document = {
        **run,
        "drawn": drawn,
        "tried": len(rows),
        "killed": len(rows) - len(survived),
        "percent": round(100 * (1 - len(survived) / len(rows))),
        "mutated": MUTATED,
        "tests": NOTICED_BY,
        "survived": [
            {"file": row[0], "line": row[1], "operator": row[2], "in": row[3]}
            for row in survived
        ],
    }
    MUTANTS.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    for row in survived:
        print(*row[:4], row[5], sep="\n")
    print(f"{document['killed']} of {len(rows)} killed: {document['percent']}%")


def draw(database: sqlite3.Connection, sample: int, seed: int) -> None:
    """Keep a sample of the mutants, one of a place."""
    found = database.execute(
        "SELECT module_path, start_pos_row, start_pos_col, job_id FROM mutation_specs"
        " WHERE operator_name NOT LIKE ? ORDER BY 1, 2, 3, operator_name, occurrence",
        (f"core/{FLATTERING}",),
    ).fetchall()
    by_place: dict[tuple[str, int, int], list[str]] = {}
    for *place, job in found:
        by_place.setdefault(tuple(place), []).append(job)
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    places = chance.sample(sorted(by_place), min(sample, len(by_place)))
    kept = [chance.choice(by_place[place]) for place in places]
    marks = ", ".join("?" * len(kept))
    for table in ("mutation_specs", "work_items"):
        database.execute(f"DELETE FROM {table} WHERE job_id NOT IN ({marks})", kept)


def words() -> str:
    """Return what the results say, as the page on proofs has it."""
    covered = json.loads(RESULT.read_text("utf-8"))
    mutated = json.loads(MUTANTS.read_text("utf-8"))
    lines = [
        "| What | Measured | Result | Date | Commit |",
        "| --- | --- | --- | --- | --- |",
    ]
    for folder, found in covered["measured"].items():
        lines.append(
            f"| `{folder}` | lines and branches that its tests run |"
            f" {found['percent']}% | {covered['date']} | `{covered['commit']}` |"
        )
    lines.append(
        f"| the evidence and the gate | {mutated['tried']} planted faults, seed"
        f" {mutated['seed']} | {mutated['killed']} noticed: {mutated['percent']}% |"
        f" {mutated['date']} | `{mutated['commit']}` |"
    )
    return "\n".join(lines)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True, dest="command")
    cover = commands.add_parser("coverage")
    cover.add_argument("--report", action="store_true", help="of the last measurement")
    cover.add_argument("--tests", nargs="*", default=TESTS, help="for a try")
    mutate = commands.add_parser("mutants")
    mutate.add_argument("--sample", type=int, default=60)
    mutate.add_argument("--seed", type=int, default=7)
    mutate.add_argument("--minutes", type=float, default=240)
    mutate.add_argument("--resume", action="store_true", help="go on with the last sample")
    commands.add_parser("words", help="the results as a table in Markdown")
    arguments = parser.parse_args()
    if arguments.command == "words":
        print(words())
        return
    if arguments.command == "mutants":
        given = arguments.sample, arguments.seed, arguments.minutes
        mutants(*given, resume=arguments.resume)
        return
    run = None if arguments.report else measure(arguments.tests)
    report(run if arguments.tests == TESTS else None)


if __name__ == "__main__":
    main()
