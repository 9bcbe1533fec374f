"""Proofs of docs/orchestration/schedulers.md: schedules are read, run and fired."""

import copy
import json
import os
import re
import secrets
import shutil
import site
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import boto3
import psycopg
import pytest
from botocore.exceptions import ClientError
from cronsim import CronSim

from guidance.engines import AwsEngine, EngineError, ReplayServer, environment, ministack
from guidance.engines.postgres import create_database, drop_database, with_database
from guidance.engines.switch import Switch
from guidance.engines.terraform import Plan, Workspace
from guidance.evidence import (
    assert_output,
    load_example,
    prove,
    prove_plan,
    regions,
    twins,
    validate_schema,
)
from guidance.evidence.host import Host
from guidance.evidence.recorder import Level
from guidance.paths import EXAMPLES
from river_levels import handler as pipeline_handler
from river_levels import package
from river_levels.windows import Window

HERE = "orchestration/schedulers"
FOLDER = EXAMPLES / HERE
HOST = "lifecycle/ec2"
MODULE = "river-levels-etl/infra/modules/function"
REGION = "eu-west-2"
RAW = "river-levels-data-raw-development"
NAME = "river-levels-daily-development"
LONDON = ZoneInfo("Europe/London")
YEAR = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]


def pair(good: str, wrong: str) -> dict[str, Any]:
    """Load an example and its counter-example."""
    return {
        "good": load_example(f"{HERE}/{good}.py"),
        "bad": load_example(f"{HERE}/wrong/{wrong}.py"),
    }


def wait_until(is_so: Callable[[], object], seconds: float = 30) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


# --- cron: the wrapper ------------------------------------------------------------------


@pytest.mark.rule("CRON-1")
def test_the_wrapper_tells_the_truth(host: Host, switch: Switch) -> None:
    def tells(wrapper: str) -> None:
        switch.forget()
        failed = host.run(wrapper, "sh", "-c", "echo half of it; exit 6")
        assert (failed, switch.calls) == (6, 0), f"exit {failed}, {switch.calls} call"
        began = time.monotonic()
        assert host.run(wrapper, "sleep", "30", LIMIT="0.2s") == 124
        assert time.monotonic() - began < 10
        assert switch.calls == 0
        assert host.run(wrapper, "true") == 0
        assert switch.calls == 1
        assert host.run(wrapper, "true", PING_URL="http://127.0.0.1:9/") == 0
        with host.going_on(wrapper):
            assert host.run(wrapper, "true") == 75
        assert switch.calls == 2
        host.proves(wrapper)

    def noting(wrapper: str) -> None:
        try:
            tells(wrapper)
        except AssertionError:
            host.trace.unlink()
            host.run(wrapper, "true")
            host.proves(wrapper)
            raise

    twins(noting, good="guarded.sh", bad="wrong/bare.sh", harm="exit 0, 1 call")
    assert "half of it" in (host.folder / "runs.log").read_text("utf-8")


# Loads what is newer than the newest row, as many a job does.
APPENDS = """
last=$(tail -n 1 rows)
touch "$1"
until [ -e "$2" ]; do sleep 0.05; done
for next in 1 2 3 4 5; do echo $((last + next)) >> rows; done
"""


@pytest.mark.rule("CRON-1")
def test_two_runs_at_once_load_everything_twice(host: Host) -> None:
    def loads_once(wrapper: str) -> None:
        rows, go = host.folder / "rows", host.folder / "go"
        rows.write_text("0\n", "utf-8")
        go.unlink(missing_ok=True)
        begun = [host.folder / f"begun{n}-{secrets.token_hex(4)}" for n in range(2)]
        first = host.start(wrapper, "sh", "-c", APPENDS, "sh", str(begun[0]), str(go))
        wait_until(begun[0].exists)
        second = host.start(wrapper, "sh", "-c", APPENDS, "sh", str(begun[1]), str(go))
        wait_until(lambda: begun[1].exists() or second.poll() is not None)
        go.touch()
        for process in (first, second):
            process.communicate(timeout=30)
        prove(f"examples/{HOST}/{wrapper}", Level.EXECUTED, "bash")
        found = rows.read_text("utf-8").split()[1:]
        assert sorted(found) == list("12345"), f"{len(found)} rows of 5"
        assert (first.returncode, second.returncode) == (0, 75)

    twins(loads_once, good="guarded.sh", bad="wrong/bare.sh", harm="10 rows of 5")


# --- cron: the line ---------------------------------------------------------------------

CRON_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "levels"}
PIPELINE = """#!/bin/sh
echo "$@" >> "$HOME/started"
exit 0
"""


def as_cron_does(crontab: Path, home: Path, switch: Switch) -> int:
    """Run a crontab's only line with the environment that cron gives; return the code."""
    text = crontab.read_text("utf-8").replace("/srv/river-levels", str(home / "srv"))
    text = re.sub(r"(?m)^PING_URL=.*$", f"PING_URL={switch.url}", text)
    variables = CRON_ENVIRONMENT | {"HOME": str(home), "STATE_DIRECTORY": str(home)}
    *settings, line = text.splitlines()
    variables |= dict(setting.split("=", 1) for setting in settings)
    command = re.split(r"(?<!\\)%", line.split(maxsplit=5)[5])[0].replace(r"\%", "%")
    done = subprocess.run(["sh", "-c", command], cwd=home, env=variables, check=False)
    return done.returncode


@pytest.mark.rule("CRON-1")
def test_cron_knows_none_of_your_settings(tmp_path: Path, switch: Switch) -> None:
    program = tmp_path / "srv" / ".venv" / "bin" / "river-levels"
    program.parent.mkdir(parents=True)
    program.write_text(PIPELINE, "utf-8")
    program.chmod(0o755)
    wrapper = Path(shutil.copy(EXAMPLES / HOST / "guarded.sh", tmp_path / "srv"))
    wrapper.chmod(0o755)
    (tmp_path / "river-levels").mkdir()

    def starts(name: str) -> None:
        (tmp_path / "started").unlink(missing_ok=True)
        code = as_cron_does(EXAMPLES / name, tmp_path, switch)
        prove(f"examples/{name}", Level.VALIDATED, "sh")
        did = (tmp_path / "started").exists()
        assert did, f"cron sees exit {code}, and the pipeline did not start"
        assert switch.calls == 1

    twins(
        starts,
        good=f"{HOST}/river-levels.cron",
        bad=f"{HERE}/wrong/bare_line.cron",
        harm="cron sees exit 0, and the pipeline did not start",
    )


# --- the two nights ---------------------------------------------------------------------


@pytest.mark.rule("CRON-1")
def test_a_job_outside_the_change_runs_once_a_day_everywhere() -> None:
    firings = load_example(f"{HERE}/firings.py")

    def runs_once(name: str) -> None:
        line = (FOLDER / name).read_text("utf-8")
        minute, hour = map(int, line.split()[:2])
        prove(f"examples/{HERE}/{name}", Level.VALIDATED, "cronsim")
        at = clock_time(hour, minute)
        wrong = [
            f"{day:%-d %B}: {policy.value} {firings.on_the_clock(found)}"
            for day in YEAR
            for policy in firings.Policy
            if (found := firings.runs(policy, wall := datetime.combine(day, at)))
            != [wall.replace(tzinfo=LONDON).astimezone(UTC)]
        ]
        assert wrong == [], "; ".join(wrong)

    twins(
        runs_once,
        good="quarter_past_six.cron",
        bad="wrong/half_past_one.cron",
        harm="29 March: cron: Debian's, cronie 02:00 BST; 29 March: EventBridge .* never",
    )


def test_the_table_of_the_two_nights() -> None:
    firings = load_example(f"{HERE}/firings.py")

    found = firings.table(clock_time(1, 30))

    assert len(found.splitlines()) == 6
    assert_output(f"examples/{HERE}/firings.out", found)


def test_the_policy_of_cron_is_that_of_the_library() -> None:
    firings = load_example(f"{HERE}/firings.py")
    start = datetime(2025, 12, 31, 23, 59, tzinfo=LONDON)

    for at in (clock_time(1, 0), clock_time(1, 30), clock_time(0, 59), clock_time(6, 17)):
        library = CronSim(f"{at.minute} {at.hour} * * *", start)
        for day in YEAR:
            [ours] = firings.runs(firings.Policy.CRON, datetime.combine(day, at))
            theirs = next(library).astimezone(UTC)
            assert ours == theirs


def test_an_hourly_job_in_london_goes_on_by_real_hours() -> None:
    hours = {}
    for day in (date(2026, 3, 29), date(2026, 7, 1), date(2026, 10, 25)):
        start = datetime.combine(day, clock_time(), LONDON)
        end = datetime.combine(day + timedelta(days=1), clock_time(), LONDON)
        found = [m for m, _ in zip(CronSim("7 * * * *", start), range(30), strict=False)]
        hours[day.month] = [m for m in found if m < end]

    assert {month: len(found) for month, found in hours.items()} == {3: 23, 7: 24, 10: 25}
    assert [f"{m:%H:%M}" for m in hours[10]][:4] == ["00:07", "01:07", "01:07", "02:07"]


def test_two_days_in_cron_are_or_unless_one_has_a_star() -> None:
    start = datetime(2026, 1, 31, tzinfo=UTC)

    def days(expression: str) -> list[datetime]:
        moments = CronSim(expression, start)
        return [next(moments) for _ in range(20)]

    assert {day.day == 2 or day.weekday() == 0 for day in days("0 6 2 * 1")} == {True}
    assert {day.weekday() for day in days("0 6 2 * 1")} != {0}
    assert {(day.day % 2, day.weekday()) for day in days("0 6 */2 * 1")} == {(1, 0)}


def test_the_policy_of_airflow_is_that_of_the_intervals() -> None:
    firings = load_example(f"{HERE}/firings.py")
    intervals = load_example(f"{HERE}/intervals.py")

    for day in YEAR:
        wall = datetime.combine(day, clock_time(1, 30))
        assert firings.runs(firings.Policy.AIRFLOW, wall) == [
            intervals.on_the_wall(wall, LONDON)
        ]


# --- windows, and what an outage leaves -------------------------------------------------


def test_intervals_leave_no_gap_over_both_changes() -> None:
    module = load_example(f"{HERE}/intervals.py")
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)

    days = module.intervals("0 0 * * *", "Europe/London", start, end)
    nights = module.intervals("30 1 * * *", "Europe/London", start, end)
    hours = module.intervals("7 * * * *", "Europe/London", start, end)

    for found in (days, nights, hours):
        assert all(first < last for first, last in found)
        assert all(a[1] == b[0] for a, b in pairwise(found))
    odd = {a: (b - a) for a, b in days if b - a != timedelta(days=1)}
    assert odd == {
        datetime(2026, 3, 29, tzinfo=UTC): timedelta(hours=23),
        datetime(2026, 10, 24, 23, tzinfo=UTC): timedelta(hours=25),
    }
    assert {b - a for a, b in hours} == {timedelta(hours=1)}
    with pytest.raises(ValueError, match="need a zone"):
        module.intervals("0 0 * * *", "UTC", datetime(2026, 1, 1), end)  # noqa: DTZ001


@pytest.mark.rule("CRON-5")
def test_after_an_outage_every_window_is_done() -> None:
    hourly = load_example(f"{HERE}/intervals.py").intervals
    start = datetime(2026, 10, 24, 22, 7, tzinfo=UTC)
    day = hourly("7 * * * *", "UTC", start, start + timedelta(hours=12))

    def is_complete(module: Any) -> None:
        done = set(day[:4])  # then the host was off for five hours
        for now in (9, 10, 11, 12):
            done |= set(module.missing(day[:now], done))
        left = [f"{first:%H:%M}" for first, _ in day if (first, _) not in done]
        assert left == [], f"{len(left)} hours are never read: {left}"

    twins(
        is_complete,
        **pair("intervals", "only_the_last"),
        harm=r"4 hours are never read: \['02:07', '03:07', '04:07', '05:07'\]",
    )


# --- the minute -------------------------------------------------------------------------


@pytest.mark.rule("CRON-4")
def test_pipelines_do_not_start_together() -> None:
    names = [f"service-{n}-etl" for n in range(40)]

    def are_spread(module: Any) -> None:
        minutes = [module.minute_of(name) for name in names]
        most = max(minutes.count(minute) for minute in minutes)
        assert most <= 6, f"{most} of 40 start in the same minute"
        assert minutes == [module.minute_of(name) for name in names]
        assert not {m for m in minutes if m % 5 < 2}

    twins(are_spread, **pair("minute", "on_the_hour"), harm="40 of 40 start in the same")


# --- cron and EventBridge ---------------------------------------------------------------

# ministack reads AWS expressions by code of its own; it knows UTC only.
ORACLE = """
import json, sys
from datetime import UTC, datetime
from ministack.services.eventbridge import _cron_next_fire, _parse_cron_fields

answers = {}
for expression, start, count in json.load(sys.stdin):
    fields, moment, found = _parse_cron_fields(expression), datetime.fromisoformat(start), []
    while fields and len(found) < count:
        moment = _cron_next_fire(fields, moment)
        if moment is None:
            break
        found.append(moment.isoformat())
    answers[expression] = found
print(json.dumps(answers))
"""
START = datetime(2026, 1, 1, tzinfo=UTC)
COUNT = 40


@pytest.fixture(scope="module")
def engine() -> Iterator[AwsEngine]:
    """The engine whose schedules fire; its environment is installed then."""
    with ministack() as started:
        yield started


def fires_on_eventbridge(engine: AwsEngine, expressions: list[str]) -> dict[str, list[str]]:
    """Return when the engine's own reading of expressions fires next."""
    assert engine.name == "ministack"
    home = Path.cwd() / "build" / "engines" / "ministack"
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    asked = [(expression, START.isoformat(), COUNT) for expression in expressions]
    done = subprocess.run(
        [str(python), "-c", ORACLE],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def fires_in_cron(expression: str) -> list[str]:
    """Return when cron fires next."""
    short = load_example(f"{HERE}/convert.py").SHORT
    moments = CronSim(short.get(expression, expression), START)
    return [next(moments).isoformat() for _ in range(COUNT)]


@pytest.mark.rule("CRON-6")
def test_ten_schedules_say_the_same_twice(engine: AwsEngine) -> None:
    found: Any = validate_schema(
        f"examples/{HERE}/schedules.yml", f"examples/{HERE}/schedules.schema.json"
    )
    fired = fires_on_eventbridge(engine, [one["eventbridge"] for one in found])

    assert len(found) == 10
    for one in found:
        assert fired[one["eventbridge"]] == fires_in_cron(one["cron"]), one["means"]


CASES = """\
* * * * *
*/15 * * * *
7 * * * *
7-59/20 * * * *
3,33 * * * *
0 0 * * *
30 4 * * *
17 6,18 * * *
0 */6 * * *
12 8-17 * * *
12 8-17/3 * * *
5 4 * * 0
5 4 * * 7
5 4 * * 1
5 4 * * 6
5 4 * * SUN
5 4 * * MON-FRI
5 4 * * 1-5
5 4 * * 5-7
5 4 * * 1,3,5
5 4 * * */2
5 4 * * sat,sun
0 5 1 * *
0 5 1,15 * *
0 5 31 * *
0 5 */10 * *
0 5 1 4 *
0 5 1 JAN,JUL *
0 5 1 */3 *
0 5 * 6-8 *
@hourly
@daily
@weekly
@monthly
@yearly
""".splitlines()


@pytest.mark.rule("CRON-6")
def test_the_converter_keeps_every_moment(engine: AwsEngine) -> None:
    convert = load_example(f"{HERE}/convert.py")
    there = {case: convert.to_eventbridge(case) for case in CASES}
    fired = fires_on_eventbridge(engine, list(there.values()))

    assert len(CASES) == 35
    for case, expression in there.items():
        assert fired[expression] == fires_in_cron(case), f"{case}: {expression}"
        back = convert.to_cron(expression)
        assert fires_in_cron(back) == fires_in_cron(case), f"{expression}: {back}"
    for given in ("cron(2/15 * * * ? *)", "cron(33 5 ? * 2,5 *)", "cron(0 0 ? * 1 *)"):
        fired = fires_on_eventbridge(engine, [given])
        assert fires_in_cron(convert.to_cron(given)) == fired[given]


@pytest.mark.rule("CRON-6")
def test_a_weekday_is_another_day_elsewhere(engine: AwsEngine) -> None:
    def is_monday(module: Any) -> None:
        expression = module.to_eventbridge("0 6 * * 1")
        assert module.to_eventbridge("0 6 * * *") == "cron(0 6 * * ? *)"
        fired = fires_on_eventbridge(engine, [expression])[expression]
        days = {f"{datetime.fromisoformat(moment):%A}" for moment in fired}
        assert days == {"Monday"}, f"Monday's report comes on {', '.join(days)}"

    twins(
        is_monday,
        **pair("convert", "weekday_as_is"),
        harm="Monday's report comes on Sunday",
    )


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("0 6 1 * 1", "write two schedules"),
        ("0 6 */2 * 1", "write two schedules"),
        ("0 6 * *", "cron has five fields"),
        ("@reboot", "cron has five fields"),
        ("61 6 * * *", "61 is not from 0 to 59"),
        ("*/0 6 * * *", r"\*/0 is not"),
        ("0 6 9-3 * *", "9-3 is not"),
        ("0 6 x * *", "invalid literal"),
    ],
)
def test_what_eventbridge_cannot_say_is_refused(given: str, reason: str) -> None:
    convert = load_example(f"{HERE}/convert.py")

    with pytest.raises(ValueError, match=reason) as refused:
        convert.to_eventbridge(given)
    assert str(refused.value)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("rate(1 hour)", "only cron"),
        ("cron(0 6 * * *)", "six fields"),
        ("cron(0 6 1 * 2 *)", "one day of two"),
        ("cron(0 6 ? * ? *)", "one day of two"),
        ("cron(0 6 L * ? *)", "no year, L, W or #"),
        ("cron(0 6 ? * 2#1 *)", "no year, L, W or #"),
        ("cron(0 6 15W * ? *)", "no year, L, W or #"),
        ("cron(0 6 1 1 ? 2027)", "no year, L, W or #"),
    ],
)
def test_what_cron_cannot_say_is_refused(given: str, reason: str) -> None:
    convert = load_example(f"{HERE}/convert.py")

    with pytest.raises(ValueError, match=reason) as refused:
        convert.to_cron(given)
    assert str(refused.value)


# --- Windows Task Scheduler -------------------------------------------------------------


def read_by_the_check(name: str) -> list[str]:
    """Return what the page's check says of a task, and note that it was read."""
    found: list[str] = load_example(f"{HERE}/check_task.py").faults(
        (FOLDER / name).read_text("utf-8")
    )
    prove(f"examples/{HERE}/{name}", Level.VALIDATED, "check_task.py")
    return found


@pytest.mark.rule("CRON-3")
def test_a_task_as_clicked_has_a_dozen_faults() -> None:
    def is_well(name: str) -> None:
        found = read_by_the_check(name)
        assert found == [], f"{len(found)} faults: " + "; ".join(found)

    twins(
        is_well,
        good="task.xml",
        bad="wrong/as_clicked.xml",
        harm="13 faults: MultipleInstancesPolicy is not IgnoreNew.*is lost.*stopped.*leaves",
    )


CHANGES = {
    "IgnoreNew": ("Queue", "MultipleInstancesPolicy"),
    "<StartWhenAvailable>true</StartWhenAvailable>": ("", "StartWhenAvailable"),
    "PT1H": ("PT0S", "ExecutionTimeLimit"),
    "<ExecutionTimeLimit>PT1H</ExecutionTimeLimit>": ("", "ExecutionTimeLimit"),
    "case-export$</UserId>": ("sam</UserId>", "UserId"),
    "<LogonType>Password": ("<LogonType>InteractiveToken", "LogonType"),
    "LeastPrivilege": ("HighestAvailable", "RunLevel"),
    r"D:\case-export\.venv\Scripts\python.exe": ("python.exe", "Command"),
    r"<WorkingDirectory>D:\case-export</WorkingDirectory>": ("", "WorkingDirectory"),
    "case-export run": ("case-export --token x", "Arguments"),
    "T06:17": ("T06:00", "06:00: the minute"),
    "T06:17:00": ("T02:17:00", "02:17: does not exist, or comes twice"),
}


@pytest.mark.rule("CRON-3")
@pytest.mark.parametrize("old", CHANGES, ids=range(len(CHANGES)))
def test_each_fault_of_a_task_is_found_alone(old: str) -> None:
    text = (FOLDER / "task.xml").read_text("utf-8")
    new, fault = CHANGES[old]
    changed = text.replace(old, new)

    found = load_example(f"{HERE}/check_task.py").faults(changed)

    assert changed != text
    assert [line.partition(" ")[0].rstrip(":") for line in found] == [
        fault.partition(" ")[0].rstrip(":")
    ]
    assert found[0].startswith(fault)


def test_the_check_is_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = load_example(f"{HERE}/check_task.py")
    exported = (FOLDER / "task.xml").read_text("utf-8")
    exported = exported.replace('"1.0"?>', '"1.0" encoding="UTF-16"?>').replace("1H", "9D")
    (tmp_path / "exported.xml").write_text(exported, "utf-16")

    assert module.main([str(tmp_path / "exported.xml")]) == 1
    assert "exported.xml: ExecutionTimeLimit" in capsys.readouterr().out

    assert module.main([str(FOLDER / "task.xml")]) == 0
    assert module.main([str(FOLDER / "wrong" / "as_clicked.xml")]) == 1
    assert "as_clicked.xml: LogonType: runs only while" in capsys.readouterr().out
    done = subprocess.run(
        [sys.executable, str(FOLDER / "check_task.py"), str(FOLDER / "task.xml")], check=False
    )
    assert done.returncode == 0
    with pytest.raises(ValueError, match="no task"):
        module.faults("<a/>")
    with pytest.raises(ValueError, match="DOCTYPE"):
        module.faults("<!DOCTYPE a><a/>")


@pytest.mark.rule("CRON-3")
def test_the_task_scheduler_is_told_how_it_ended(tmp_path: Path, switch: Switch) -> None:
    log = tmp_path / "runs.log"
    fails = [sys.executable, "-c", "print('no licence'); raise SystemExit(3)"]

    def tells(module: Any) -> None:
        code = module.main([str(log), "20", *fails])
        assert code == 3, f"the Task Scheduler sees 0x{code:x} of a run that ended with 3"

    with environment(PING_URL=switch.url):
        twins(
            tells, **pair("run_task", "run_task"), harm="sees 0x0 of a run that ended with 3"
        )
    assert "no licence" in log.read_text("utf-8")
    assert switch.calls == 0


@pytest.mark.rule("CRON-3")
def test_the_task_has_a_limit_a_log_and_a_switch(tmp_path: Path, switch: Switch) -> None:
    module = load_example(f"{HERE}/run_task.py")
    log = str(tmp_path / "runs.log")

    with environment(PING_URL=switch.url):
        hung = module.main([log, "0.3", sys.executable, "-c", "import time; time.sleep(30)"])
        missing = module.main([log, "20", "no-such-program"])
        assert (hung, missing, switch.calls) == (124, 127, 0)
        assert module.main([log, "20", sys.executable, "-c", "print('all of it')"]) == 0
        assert switch.calls == 1
    with environment(PING_URL="http://127.0.0.1:9/"):
        assert module.main([log, "20", sys.executable, "-c", ""]) == 0
    text = (tmp_path / "runs.log").read_text("utf-8")
    assert "all of it" in text
    assert re.search(r"\S+Z exit 127: no-such-program", text)


@pytest.mark.parametrize("name", ["run_task.py", "wrong/run_task.py"])
def test_the_wrappers_are_commands(tmp_path: Path, name: str) -> None:
    command = [str(tmp_path / "log"), "20", sys.executable, "-c", "raise SystemExit(4)"]
    with environment(PING_URL=None):
        done = subprocess.run([sys.executable, str(FOLDER / name), *command], check=False)

    assert done.returncode == (0 if "wrong" in name else 4)


# --- EventBridge Scheduler --------------------------------------------------------------

# The function finds its libraries where this test has them, not in the zip.
LIBRARIES = os.pathsep.join(site.getsitepackages())
LAST_MINUTE = "at(%Y-%m-%dT%H:%M:%S)"
WORD = "<aws.scheduler.scheduled-time>"
MOMENT = "2026-03-29T10:17:00Z"


class Cloud:
    """An account whose schedules fire and whose functions run."""

    def __init__(self, engine: AwsEngine) -> None:
        self.engine = engine
        self.session: Any = boto3.Session("test", "test", region_name=REGION)
        self.iam, self.logs = self.client("iam"), self.client("logs")
        self.scheduler, self.sqs = self.client("scheduler"), self.client("sqs")
        self.sts = self.client("sts")
        self.number = self.sts.get_caller_identity()["Account"]

    def client(self, service: str, session: boto3.Session | None = None) -> Any:
        """Return a client of the account's root, or of somebody else."""
        return (session or self.session).client(service, endpoint_url=self.engine.endpoint_url)

    def arn(self, service: str, name: str) -> str:
        """Return the ARN of something of this account."""
        return f"arn:aws:{service}:{REGION}:{self.number}:{name}"

    def queue(self, name: str) -> str:
        """Make a queue; return its address."""
        return str(self.sqs.create_queue(QueueName=name)["QueueUrl"])

    def received(self, url: str) -> list[str]:
        """Return what a queue holds."""
        found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in found.get("Messages", [])]

    def logged(self, function: str) -> str:
        """Return the log of a function."""
        group = f"/aws/lambda/{function}"
        streams = self.logs.describe_log_streams(logGroupName=group)["logStreams"]
        return "\n".join(
            event["message"]
            for stream in streams
            for event in self.logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"]
            )["events"]
        )

    def holding(self, policy: str) -> boto3.Session:
        """Return a session of somebody who may do what a policy says."""
        name = f"Test{secrets.token_hex(6)}"
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{self.number}:root"},
            "Action": "sts:AssumeRole",
        }
        made = self.iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
        )
        self.iam.put_role_policy(RoleName=name, PolicyName="does", PolicyDocument=policy)
        keys = self.sts.assume_role(RoleArn=made["Role"]["Arn"], RoleSessionName="test")
        keys = keys["Credentials"]
        return boto3.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION
        )


@pytest.fixture(scope="module")
def cloud(engine: AwsEngine) -> Cloud:
    """The account of this file."""
    return Cloud(engine)


def copied(source: Path, folder: Path) -> Workspace:
    """Copy a configuration, its modules and its package; install its providers."""
    try:
        made = Workspace(source, folder)
        made.init()
    except EngineError as error:
        pytest.skip(str(error))
    return made


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The page's configuration, with the module and the pipeline's package."""
    scratch = tmp_path_factory.mktemp("schedule")
    source = scratch / "source"
    shutil.copytree(EXAMPLES / MODULE, source / "modules" / "function")
    shutil.copy(FOLDER / "main.tf", source)
    shutil.copytree(
        EXAMPLES / "river-levels-etl" / "src" / "river_levels",
        scratch / "code" / "river_levels",
    )
    package.pack(scratch / "code", source / "river-levels.zip")
    return copied(source, scratch / "terraform")


@pytest.fixture(scope="module")
def levels(postgres_url: str) -> Iterator[dict[str, str]]:
    """Where the function finds its database, empty, and the API."""
    name = f"test_{secrets.token_hex(6)}"
    create_database(postgres_url, name)
    url = with_database(postgres_url, name)
    with ReplayServer() as flood_api:
        yield {"database": url, "api": flood_api.url}
    drop_database(postgres_url, name)


@pytest.fixture(scope="module")
def plan(cloud: Cloud, workspace: Workspace, levels: dict[str, str]) -> Plan:
    """The plan of the page's configuration; its schedule was due a minute ago."""
    url = urlsplit(levels["database"])
    login = json.dumps({"username": url.username, "password": url.password or "none"})
    name = "/river-levels/login"
    secret = cloud.client("secretsmanager").create_secret(Name=name, SecretString=login)
    variables = {
        "package": "river-levels.zip",
        "login_arn": secret["ARN"],
        "alarm_topic_arn": cloud.arn("sns", "alarms"),
        "schedule_expression": due(),
        "settings": {
            "PYTHONPATH": LIBRARIES,
            "DATABASE_URL": url._replace(netloc=f"{url.hostname}:{url.port}").geturl(),
            "RIVER_LEVELS_DATABASE_SECRET": name,
            "RIVER_LEVELS_BUCKET": RAW,
            "RIVER_LEVELS_API_URL": levels["api"],
            "RIVER_LEVELS_REQUESTS_PER_SECOND": "1000",
            "RIVER_LEVELS_DISTANCE_KM": "2.5",
        },
    }
    with environment(AWS_ENDPOINT_URL=cloud.engine.endpoint_url):
        return workspace.plan(variables)


def due() -> str:
    """Return the expression of a minute ago: the emulator fires it at its next look."""
    return (datetime.now(UTC) - timedelta(minutes=1)).strftime(LAST_MINUTE)


def proves(plan: Plan) -> None:
    """Note the configuration that was planned, and the module that it calls."""
    prove_plan(plan, f"examples/{HERE}")
    module = EXAMPLES / MODULE / "main.tf"
    copy_of_it = plan.folder / "modules" / "function" / "main.tf"
    assert copy_of_it.read_bytes() == module.read_bytes()
    for ref in regions.refs_in(module):
        if ref.endswith((":schedule", ":schedule_role")):
            prove(ref, Level.PLANNED, plan.tool)


def one(plan: Plan, kind: str) -> dict[str, Any]:
    """Return the values of the only resource of a type."""
    [found] = [v for k, v in plan.resources.items() if f".{kind}." in f".{k}"]
    return found


DEFAULT = re.compile(r'default += "(cron\([^"]+)"')


@pytest.mark.rule("CRON-2")
def test_a_schedule_keeps_london_time(cloud: Cloud, plan: Plan, tmp_path: Path) -> None:
    clocks = load_example(f"{HOST}/clocks.py")
    rule = copied(FOLDER / "wrong" / "rule_in_utc", tmp_path / "rule")
    with environment(AWS_ENDPOINT_URL=cloud.engine.endpoint_url):
        bad = rule.plan({"function_arn": cloud.arn("lambda", f"function:{NAME}")})
    proves(plan)
    prove_plan(bad, f"examples/{HERE}/wrong/rule_in_utc")
    [expression] = DEFAULT.findall((FOLDER / "main.tf").read_text("utf-8"))
    good = one(plan, "aws_scheduler_schedule") | {"schedule_expression": expression}

    def keeps_time(values: dict[str, Any]) -> None:
        zone = values.get("schedule_expression_timezone", "UTC")
        days = timedelta(days=1)
        seen = {
            f"{moment:%H:%M}"
            for change in (date(2026, 3, 29), date(2026, 10, 25))
            for moment in clocks.firings(
                values["schedule_expression"], zone, change - days, change + days
            )
        }
        assert seen == {"06:17"}, f"London's clock shows {' and '.join(sorted(seen))}"

    twins(
        keeps_time,
        good=good,
        bad=one(bad, "aws_cloudwatch_event_rule"),
        harm="London's clock shows 06:17 and 07:17",
    )


@pytest.mark.rule("CRON-2")
def test_the_schedule_tries_again_and_keeps_what_it_gives_up(plan: Plan) -> None:
    schedule = one(plan, "aws_scheduler_schedule")
    target = schedule["target"][0]
    proves(plan)

    assert schedule["schedule_expression_timezone"] == "Europe/London"
    assert schedule["flexible_time_window"] == [
        {"mode": "FLEXIBLE", "maximum_window_in_minutes": 10}
    ]
    assert target["retry_policy"] == [
        {"maximum_retry_attempts": 5, "maximum_event_age_in_seconds": 3600}
    ]
    assert "dead_letter_config" in target
    assert WORD in target["input"]


@pytest.mark.rule("CRON-2")
def test_a_late_firing_reads_the_window_that_was_meant() -> None:
    event = {"scheduled_time": MOMENT, "overlap_hours": 0}

    def reads(module: Any) -> None:
        window = module.window_of(event)
        wanted = Window.parse("2026-03-29T09:00Z", "2026-03-29T10:00Z")
        assert window == wanted, f"scheduled for {MOMENT}, reads {window}"

    bad = load_example(f"{HERE}/wrong/window_of_now.py")
    twins(
        reads,
        good=pipeline_handler,
        bad=bad,
        harm=rf"scheduled for {MOMENT}, reads \[20\d\d-(?!03-29)",
    )


READ = "SELECT count(*), min(observed_at), max(observed_at) FROM raw.readings"
DONE = "SELECT min(window_start), max(window_end) FROM ops.runs WHERE status = 'succeeded'"


@pytest.mark.rule("CRON-2")
def test_the_schedule_fires_and_the_handler_loads(
    cloud: Cloud, workspace: Workspace, plan: Plan, levels: dict[str, str]
) -> None:
    def asked(text: str) -> tuple[Any, ...]:
        with psycopg.connect(levels["database"]) as connection:
            return connection.execute(text).fetchall()[0]

    where = {"LocationConstraint": REGION}
    cloud.client("s3").create_bucket(Bucket=RAW, CreateBucketConfiguration=where)
    with environment(AWS_ENDPOINT_URL=cloud.engine.endpoint_url):
        workspace.apply()
    proves(plan)
    schedule = cloud.scheduler.get_schedule(Name=NAME)
    assert schedule["ScheduleExpressionTimezone"] == "Europe/London"
    divergences = prepare_divergences(cloud, schedule["Target"])
    wait_until(lambda: "ConfigError" in cloud.logged(NAME), 40)
    # The emulator sends its word as it stands: here is what AWS sends.
    as_aws_sends_it = schedule["Target"]["Input"].replace(WORD, MOMENT)
    again(cloud, "as-aws-sends-it", schedule["Target"] | {"Input": as_aws_sends_it})
    wait_until(lambda: "lambda.done" in cloud.logged(NAME), 40)

    count, first, last = asked(READ)
    assert asked(DONE) == (
        datetime(2026, 3, 27, 9, tzinfo=UTC),
        datetime(2026, 3, 29, 10, tzinfo=UTC),
    )
    assert count > 100
    assert datetime(2026, 3, 27, 9, tzinfo=UTC) <= first <= last
    assert last < datetime(2026, 3, 29, 10, tzinfo=UTC)
    divergences()
    the_role_is_exact(cloud, schedule)


def again(cloud: Cloud, name: str, target: dict[str, Any], zone: str = "UTC") -> None:
    """Make a schedule that is due once."""
    cloud.scheduler.create_schedule(
        Name=name,
        ScheduleExpression=due(),
        ScheduleExpressionTimezone=zone,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=copy.deepcopy(target),
    )


def prepare_divergences(cloud: Cloud, target: dict[str, Any]) -> Callable[[], None]:
    """Make schedules that AWS would treat otherwise; return what holds them to it.

    When one of these asserts fails, the emulator has learned it: change the page.
    """
    nobody = cloud.arn("iam", "role/NobodyRole").replace(f":{REGION}:", "::")
    told = {
        "RoleArn": nobody,
        "Input": "fired",
        "DeadLetterConfig": target["DeadLetterConfig"],
    }
    early = cloud.queue("early")
    to_early = told | {"Arn": cloud.arn("sqs", "early")}
    again(cloud, "hours-early", to_early, zone="America/New_York")
    again(cloud, "nobody-there", told | {"Arn": cloud.arn("sqs", "no-such-queue")})
    cloud.scheduler.create_schedule(
        Name="both-days",
        ScheduleExpression="cron(0 6 1 * MON *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=to_early,
    )

    def hold() -> None:
        # On AWS, instead: the zone counts, and the role has to exist and may call.
        found: list[str] = []
        while not found:  # it has fired by now
            found += cloud.received(early)
        assert found == ["fired"]
        # On AWS, instead: tried again five times, then kept in the queue.
        failed = cloud.sqs.get_queue_url(QueueName=f"{NAME}-failed")["QueueUrl"]
        assert cloud.received(failed) == []
        # On AWS, instead: the word is the moment that was scheduled.
        assert f"input_value='{WORD}'" in cloud.logged(NAME)
        # On AWS, instead: ValidationException.
        assert cloud.scheduler.get_schedule(Name="both-days")["State"] == "ENABLED"

    return hold


def the_role_is_exact(cloud: Cloud, schedule: dict[str, Any]) -> None:
    """Try what whoever takes the schedule's role may do: these two things."""
    role = schedule["Target"]["RoleArn"].rpartition("/")[2]
    [name] = cloud.iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = cloud.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    assert "*" not in json.dumps(policy)
    session = cloud.holding(json.dumps(policy))
    functions, queues = cloud.client("lambda", session), cloud.client("sqs", session)
    kept = cloud.sqs.get_queue_url(QueueName=f"{NAME}-failed")["QueueUrl"]
    other = cloud.queue("of-somebody-else")

    queues.send_message(QueueUrl=kept, MessageBody="given up")
    functions.invoke(FunctionName=NAME, InvocationType="Event", Payload=b"{}")
    with pytest.raises(ClientError, match="AccessDenied"):
        queues.send_message(QueueUrl=other, MessageBody="x")
    with pytest.raises(ClientError, match="AccessDenied"):
        functions.invoke(FunctionName="payroll", Payload=b"{}")
    with pytest.raises(ClientError, match="AccessDenied"):
        functions.delete_function(FunctionName=NAME)
