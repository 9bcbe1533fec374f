from typing import Any

import polars as pl

MAX_RISE_M = 0.5


def jump(batch: Any) -> list[str]:
    rise = pl.col("value").diff().over("measure_id").abs()
    odd = batch.readings.filter(rise > MAX_RISE_M)
    rows = odd.select("measure_id", "observed_at").rows()
    return [f"{m} at {t}" for m, t in rows]
