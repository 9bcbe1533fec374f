"""Metrics as a log line in CloudWatch's embedded metric format (EMF)."""

# --8<-- [start:emit]
import json
from collections.abc import Mapping
from datetime import datetime

UNITS = {"RunSucceeded": "Count", "Rows": "Count", "Lag": "Seconds"}


def emit(
    metrics: Mapping[str, float], environment: str, run_id: str, at: datetime
) -> None:
    """Print the metrics of a run; CloudWatch Logs makes metrics of them.

    Args:
        environment: the only dimension: each value of a dimension is one
            more metric to pay for.
        run_id: a property, to search by; never a dimension.
        at: end of the run (UTC).

    Raises:
        KeyError: if a metric is not in ``UNITS``.
    """
    line = {
        "_aws": {
            "Timestamp": round(at.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "RiverLevels",
                    "Dimensions": [["Environment"]],
                    "Metrics": [
                        {"Name": name, "Unit": UNITS[name]} for name in metrics
                    ],
                }
            ],
        },
        "Environment": environment,
        "run_id": run_id,
        **metrics,
    }
    print(json.dumps(line))


# --8<-- [end:emit]
