"""Whether a scheduled workflow keeps the rules of this page.

python check_schedule.py pipeline.yml .github/workflows/scheduled.yml
"""

# --8<-- [start:check]
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

SAME_MINUTE = re.compile(r"\d+(,\d+)*")
SHORTEST_MIN = 5
CLOCK_AS_WINDOW = re.compile(r"hours? ago|minutes? ago|%T|%H:%M|\bnow\(\)")
INPUTS = ("window-start", "window-end")


def faults(text: str, manifest: dict[str, Any]) -> Iterator[str]:
    """Yield each fault of a scheduled workflow: the rule, then what to do.

    Args:
        text: the workflow.
        manifest: what pipeline.yml says.
    """
    workflow = yaml.safe_load(text)
    starts = workflow[True]  # YAML reads `on` as true
    if manifest["personal_data"] != "none":
        yield "GHA-1 personal data: schedule it in our own account"
    if manifest["tier"] != "core":
        yield "GHA-1 somebody was promised a time: GitHub promises none"
    for entry in starts["schedule"]:
        yield from cron_faults(entry)
    asked = (starts.get("workflow_dispatch") or {}).get("inputs", {})
    if not set(INPUTS) <= set(asked):
        yield f"GHA-9 take {' and '.join(INPUTS)} by hand"
    lone = workflow.get("concurrency", {})
    if lone.get("cancel-in-progress") is not False:
        yield "GHA-3 one at a time: concurrency, cancel-in-progress: false"
    for name, job in workflow["jobs"].items():
        yield from (f"{fault} ({name})" for fault in job_faults(job))


def cron_faults(entry: dict[str, str]) -> Iterator[str]:
    """Yield the faults of one line of the schedule."""
    minute, *_ = entry["cron"].split()
    if not SAME_MINUTE.fullmatch(minute):
        yield "GHA-2 name the minutes"
        return
    minutes = sorted(int(text) for text in minute.split(","))
    if 0 in minutes:
        yield "GHA-2 not at :00, when GitHub drops runs"
    if any(b - a < SHORTEST_MIN for a, b in pairwise(minutes)):
        yield f"GHA-2 {SHORTEST_MIN} minutes are the shortest interval"
    if "timezone" not in entry:
        yield "GHA-2 say the zone, be it UTC"


def job_faults(job: dict[str, Any]) -> Iterator[str]:
    """Yield the faults of one job."""
    if "timeout-minutes" not in job:
        yield "GHA-3 set timeout-minutes: the default is 6 hours"
    steps = job["steps"]
    scripts = "\n".join(step.get("run", "") for step in steps)
    if CLOCK_AS_WINDOW.search(scripts):
        yield "GHA-4 the window has whole days, whenever it runs"
    if "secrets.AWS_" in str(job):
        yield "GHA-5 take a role by OIDC, and delete the stored key"
    last = steps[-1]
    if "curl" not in last.get("run", "") or "failure" in last.get("if", ""):
        yield "GHA-6 end with a call to the dead man's switch"
    for step in steps:
        if "upload-artifact@" in step.get("uses", ""):
            yield "GHA-7 keep results in S3: an artefact expires"


def main(arguments: Sequence[str]) -> int:
    """Print the faults of workflows; return 1 if there are any."""
    manifest, *paths = (Path(text) for text in arguments)
    about = yaml.safe_load(manifest.read_text("utf-8"))
    found = [
        f"{path}: {fault}"
        for path in paths
        for fault in faults(path.read_text("utf-8"), about)
    ]
    print("\n".join(found) or "the schedules keep the rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
# --8<-- [end:check]
