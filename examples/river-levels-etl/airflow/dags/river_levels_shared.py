"""What the three DAGs of river-levels-etl have in common.

Imported whenever Airflow reads the DAGs, every half minute or so: it reads one
small local file, and neither the network nor a database.
"""

# --8<-- [start:manifest]
import os
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import yaml
from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowException, AirflowFailException

HERE = Path(__file__).resolve().parent
MANIFEST = Path(
    os.environ.get("RIVER_LEVELS_MANIFEST", HERE.parents[1] / "pipeline.yml")
)
PIPELINE: dict[str, Any] = yaml.safe_load(MANIFEST.read_text("utf-8"))
NAME: str = PIPELINE["name"]
TAGS = [NAME, PIPELINE["tier"], PIPELINE["classification"]]
OWNER: str = PIPELINE["owner"] or "unset: see pipeline.yml"

RAW = Asset(f"{NAME}-raw")
MARTS = Asset(f"{NAME}-marts")
# --8<-- [end:manifest]


# --8<-- [start:command]
IN_VAIN = {
    2: "a setting or an argument is wrong",
    6: "too much of the data is bad",
    7: "a dbt model or test failed",
}
"""Exit codes that a second try cannot mend; see the pipeline's README."""


def river_levels(*arguments: str) -> None:
    """Run the pipeline's command; its output goes to the task's log.

    It has an environment of its own, where Airflow's versions bind nothing.

    Raises:
        AirflowFailException: if another try would fail too.
        AirflowException: if it failed in a way that a retry may mend.
    """
    command = [os.environ.get("RIVER_LEVELS_COMMAND", "river-levels")]
    done = subprocess.run(
        [*command, *arguments],
        stderr=subprocess.STDOUT,  # else the log shows each line as an error
        check=False,
    )
    if reason := IN_VAIN.get(done.returncode):
        raise AirflowFailException(f"exit {done.returncode}: {reason}")
    if done.returncode:
        raise AirflowException(f"exit {done.returncode}: see the log above")


# --8<-- [end:command]


# --8<-- [start:window]
def window(start: datetime | None, end: datetime | None) -> Sequence[str]:
    """Return the arguments of the command for a run's data interval.

    Args:
        start: ``data_interval_start``, in UTC; None if the run has none.
        end: ``data_interval_end``, the first moment after it.

    Raises:
        AirflowFailException: if the run has no interval, or an empty one.
    """
    if start is None or end is None:
        raise AirflowFailException(
            "this run has no data interval: trigger it with a logical date,"
            " or use `airflow backfill create`"
        )
    if start >= end:
        raise AirflowFailException(
            f"the data interval [{start}, {end}) is empty:"
            " schedule by CronDataIntervalTimetable"
        )
    return [
        f"--window-start={start.astimezone(UTC).isoformat()}",
        f"--window-end={end.astimezone(UTC).isoformat()}",
    ]


# --8<-- [end:window]


# --8<-- [start:alerts]
def alert(context: Any) -> None:
    """Tell the topic of the alarms which task failed for good."""
    topic = os.environ.get("RIVER_LEVELS_ALERT_TOPIC")
    if topic is None:
        return  # a laptop
    from airflow.providers.amazon.aws.notifications.sns import SnsNotifier

    SnsNotifier(
        aws_conn_id=None,  # the machine's role
        target_arn=topic,
        subject=f"{NAME}: failed"[:100],
        message="{{ ti.dag_id }}.{{ ti.task_id }}, run {{ run_id }}, failed."
        " What to do: docs/runbook.md",
    )(context)


def ping(context: Any) -> None:
    """Tell the dead man's switch that all went well; silence alerts."""
    if url := os.environ.get("RIVER_LEVELS_PING_URL"):
        requests.get(url, timeout=10).raise_for_status()


# --8<-- [end:alerts]


# --8<-- [start:defaults]
ARGUMENTS = {
    "owner": OWNER,
    "retries": 2,
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=30),
    "execution_timeout": timedelta(minutes=30),
    "on_failure_callback": alert,
}

DOC = """\
### {title}

{what}

- Owner: {owner}. Freshness: an error after {error_hours} hours.
- Interval: {interval}
- Run again: clear the run's tasks. Every task may run twice.
- A span of the past: `airflow backfill create --dag-id {dag_id} \
--from-date … --to-date … --max-active-runs 1`, dry first (`--dry-run`).
- Something is wrong: `docs/runbook.md` in the repository.
"""


def documentation(dag_id: str, what: str, interval: str) -> str:
    """Return what the web interface shows about a DAG."""
    return DOC.format(
        title=PIPELINE["title"],
        what=what,
        owner=OWNER,
        error_hours=PIPELINE["freshness"]["error_hours"],
        interval=interval,
        dag_id=dag_id,
    )


# --8<-- [end:defaults]
