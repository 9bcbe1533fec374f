from typing import Any

import polars as pl

LOW, HIGH = -5.0, 10.0


def band(batch: Any) -> list[str]:
    value = pl.col("value")
    odd = batch.readings.filter((value < LOW) & (value > HIGH))
    rows = odd.select("measure_id", "observed_at").rows()
    return [f"{m} at {t}" for m, t in rows]
