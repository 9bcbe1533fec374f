from collections.abc import Mapping
from datetime import datetime

import boto3


def emit(
    metrics: Mapping[str, float], environment: str, run_id: str, at: datetime
) -> None:
    cloudwatch = boto3.client("cloudwatch")
    for name, value in metrics.items():
        cloudwatch.put_metric_data(
            Namespace="RiverLevels",
            MetricData=[
                {
                    "MetricName": name,
                    "Value": value,
                    "Timestamp": at,
                    "Dimensions": [{"Name": "RunId", "Value": run_id}],
                }
            ],
        )
