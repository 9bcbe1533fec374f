"""Whether the workflows of a repository keep the rules of this page.

python check_workflows.py .github/workflows/*.yml
"""

# --8<-- [start:check]
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}|\$/\.github/.+|\./.+")
OTHERS_TEXT = re.compile(r"\$\{\{ *(github\.(event|head_ref)|inputs)\b")
STORED_KEY = re.compile(r"secrets\.AWS_|aws-(access-key-id|secret-access-key)")
MOST_SECONDS = 3600
TAKES_A_ROLE = (
    "aws-actions/configure-aws-credentials@",
    "actions/deploy-pages@",
)


def faults(text: str) -> Iterator[str]:
    """Yield each fault of a workflow: the rule, then what to do."""
    workflow = yaml.safe_load(text)
    if workflow.get("permissions") != {}:
        yield "CD-3 begin with `permissions: {}`"
    if STORED_KEY.search(text):
        yield "CD-2 take a role by OIDC, and delete the stored key"
    if "pull_request_target" in workflow[True]:  # YAML reads `on` as true
        yield "CD-11 use pull_request: a fork gets no secret"
    for name, job in workflow["jobs"].items():
        yield from (f"{fault} ({name})" for fault in job_faults(job))


def job_faults(job: dict[str, Any]) -> Iterator[str]:
    """Yield the faults of one job."""
    may = job.get("permissions")
    may_all = {"write-all": 1} if isinstance(may, str) else may or {}
    steps = job.get("steps", [])
    used = [step["uses"] for step in [*steps, job] if "uses" in step]
    takes_role = any(name.startswith(TAKES_A_ROLE) for name in used)
    calls = "uses" in job
    if may is None or "write-all" in may_all:
        yield "CD-3 name what the job may do"
    if may_all.get("id-token") == "write" and not (takes_role or calls):
        yield "CD-3 give id-token to jobs that take a role, and to no other"
    if takes_role and not job.get("environment"):
        yield "CD-2 take a role in an environment: its name is the subject"
    if job.get("concurrency", {}).get("cancel-in-progress") and takes_role:
        yield "CD-5 let a deployment end: cancel-in-progress: false"
    if not calls and "latest" in str(job.get("runs-on")):
        yield "CD-9 name the version of the runner"
    if not calls and "timeout-minutes" not in job:
        yield "CD-9 set timeout-minutes: the default is 6 hours"
    yield from (
        f"CD-4 pin it to 40 hex digits: {name}"
        for name in used
        if not PINNED.fullmatch(name)
    )
    for step in steps:
        settings = step.get("with", {})
        if int(settings.get("role-duration-seconds", 0)) > MOST_SECONDS:
            yield "CD-2 keep the session to an hour"
        is_checkout = step.get("uses", "").startswith("actions/checkout@")
        if is_checkout and settings.get("persist-credentials") is not False:
            yield "CD-3 check out with persist-credentials: false"
        if OTHERS_TEXT.search(step.get("run", "")):
            yield "CD-12 pass it by env: somebody else wrote it"


def main(paths: Sequence[str]) -> int:
    """Print the faults of some workflows; return 1 if there are any."""
    found = [
        f"{path}: {fault}"
        for path in paths
        for fault in faults(Path(path).read_text("utf-8"))
    ]
    print("\n".join(found) or "the workflows keep the rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
# --8<-- [end:check]
