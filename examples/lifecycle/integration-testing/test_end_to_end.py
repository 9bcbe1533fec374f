"""The whole way, from the recorded reply to the file that people open."""

# --8<-- [start:golden]
import csv
from pathlib import Path

import boto3

from river_levels.pipeline import Pipeline
from river_levels.windows import Window

THREE_DAYS = Window.parse("2026-03-28", "2026-03-31")
GOLDEN = Path(__file__).with_name("golden") / "river_levels_daily.csv"


def test_export_is_golden_when_three_days_were_run(
    pipeline: Pipeline,
) -> None:
    expected = list(csv.DictReader(GOLDEN.open(encoding="utf-8")))

    pipeline.run(THREE_DAYS)

    stored = boto3.client("s3").get_object(
        Bucket=pipeline.store.bucket, Key="exports/river_levels_daily.csv"
    )
    rows = csv.DictReader(stored["Body"].read().decode().splitlines())
    found = [{name: row[name] for name in expected[0]} for row in rows]
    assert found == expected


# --8<-- [end:golden]
