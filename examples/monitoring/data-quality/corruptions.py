"""Fifteen ways in which a good day goes bad, one for each check.

Each takes a good batch and returns a bad one. Plant them in your own tests.
"""

# --8<-- [start:some]
from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

    from checks import Batch

GAUGE = "3390TH-level-stage-i-15_min-mASD"
RAIN = "286392TP-rainfall-tipping_bucket_raingauge-t-15_min-mm"
HOUR = timedelta(hours=1)


def values(batch: Batch, where: pl.Expr, to: pl.Expr) -> Batch:
    """Return a batch with other values where a condition holds."""
    changed = pl.when(where).then(to).otherwise(pl.col("value"))
    return replace(batch, readings=batch.readings.with_columns(value=changed))


def sensor_says_no_data(batch: Batch) -> Batch:
    """The sensor's own code for "nothing measured" arrives as a level."""
    noon = pl.lit(batch.until - 12 * HOUR)
    where = (pl.col("measure_id") == GAUGE) & (pl.col("observed_at") == noon)
    return values(batch, where, pl.lit(-32.768))


def sensor_is_stuck(batch: Batch) -> Batch:
    """The gauge repeats one level for seven hours."""
    at = pl.col("observed_at")
    since = batch.until - 12 * HOUR
    where = (pl.col("measure_id") == GAUGE) & at.is_between(
        since, since + 7 * HOUR
    )
    return values(batch, where, pl.lit(0.437))


def source_repeats_yesterday(batch: Batch) -> Batch:
    """The source answers, with as many rows, all of them a day old."""
    shift = pl.col("observed_at") - 24 * HOUR
    return replace(
        batch, readings=batch.readings.with_columns(observed_at=shift)
    )


# --8<-- [end:some]
def field_is_renamed(batch: Batch) -> Batch:
    """The supplier calls `value` `reading` from today on."""
    items = [
        {"reading" if k == "value" else k: v for k, v in item.items()}
        for item in batch.items
    ]
    return replace(batch, items=items)


def unit_changes(batch: Batch) -> Batch:
    """One gauge reports feet."""
    unit = pl.when(pl.col("measure_id") == GAUGE).then(pl.lit("ft"))
    measures = batch.measures.with_columns(unit=unit.otherwise("unit"))
    return replace(batch, measures=measures)


def parser_loses_rows(batch: Batch) -> Batch:
    """Three rows are gone, and in no quarantine."""
    return replace(batch, kept=batch.kept - 3)


def page_comes_twice(batch: Batch) -> Batch:
    """A retry appends a page of one gauge that had been loaded."""
    again = batch.readings.filter(pl.col("measure_id") == GAUGE)
    return replace(batch, readings=pl.concat([batch.readings, again]))


def gauge_is_not_listed(batch: Batch) -> Batch:
    """The list of series no longer has one that still sends."""
    listed = batch.measures.filter(pl.col("measure_id") != GAUGE)
    return replace(batch, measures=listed)


def local_time_is_taken_for_utc(batch: Batch) -> Batch:
    """Summer time without a zone: everything is an hour late."""
    shift = pl.col("observed_at") + HOUR
    return replace(
        batch, readings=batch.readings.with_columns(observed_at=shift)
    )


def every_second_row_is_missing(batch: Batch) -> Batch:
    """A page size was halved, and nobody asked for the second page."""
    return replace(batch, readings=batch.readings.gather_every(2))


def gauge_falls_silent(batch: Batch) -> Batch:
    """One gauge sends nothing; the others do."""
    others = batch.readings.filter(pl.col("measure_id") != GAUGE)
    return replace(batch, readings=others)


def level_spikes(batch: Batch) -> Batch:
    """One level is two metres higher than its neighbours."""
    noon = pl.lit(batch.until - 12 * HOUR)
    where = (pl.col("measure_id") == GAUGE) & (pl.col("observed_at") == noon)
    return values(batch, where, pl.col("value") + 2.0)


def rain_is_negative(batch: Batch) -> Batch:
    """The bucket was emptied, and the counter ran backwards."""
    noon = pl.lit(batch.until - 12 * HOUR)
    where = (pl.col("measure_id") == RAIN) & (pl.col("observed_at") == noon)
    return values(batch, where, pl.lit(-0.2))


def join_fans_out(batch: Batch) -> Batch:
    """A join by a reference that two gauges share doubles their rows."""
    shared = batch.mart.filter(pl.col("measure_id").str.starts_with("4070TH"))
    return replace(batch, mart=pl.concat([batch.mart, shared]))


def gauges_move(batch: Batch) -> Batch:
    """The supplier geocodes all gauges anew, about a hundred metres off."""
    moved = batch.stations.with_columns(latitude=pl.col("latitude") + 0.0009)
    return replace(batch, stations=moved)


CORRUPTIONS: dict[str, Callable[[Batch], Batch]] = {
    "fields": field_is_renamed,
    "units": unit_changes,
    "sums": parser_loses_rows,
    "duplicates": page_comes_twice,
    "orphans": gauge_is_not_listed,
    "future": local_time_is_taken_for_utc,
    "volume": every_second_row_is_missing,
    "freshness": source_repeats_yesterday,
    "silent": gauge_falls_silent,
    "band": sensor_says_no_data,
    "jump": level_spikes,
    "flat_line": sensor_is_stuck,
    "rain": rain_is_negative,
    "fan_out": join_fans_out,
    "described_anew": gauges_move,
}
"""The corruption that each check is there for."""
