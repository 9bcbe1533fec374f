"""Fifteen checks of a day of river levels, at three gates.

Pure functions: no clock, no network, no database. What a check finds is a
list of short texts that name the rows, never what stands in them.
"""

# --8<-- [start:core]
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import polars as pl


class Gate(StrEnum):
    """When a check runs."""

    CONTRACT = "source contract"
    LOADED = "after load"
    PUBLISH = "before publish"


class Severity(StrEnum):
    """What follows from a finding."""

    BLOCK = "block"
    WARN = "warn"
    INFORM = "inform"


@dataclass(frozen=True)
class Batch:
    """What one run brought, and what it is compared with.

    Attributes:
        until: end of the window (UTC). It stands for now, so that the same
            data are judged alike next year.
        items: what the source sent, as it came.
        read, kept, quarantined: what the load counted.
        readings: the kept rows: measure_id, observed_at (UTC), value.
        measures: measure_id, station_id, parameter, unit.
        stations, stations_before: station_id, latitude, longitude, as
            described by this run and by the last one.
        counts: rows kept on earlier days of the same weekday.
        mart: what would be published: measure_id, local_date.
    """

    until: datetime
    items: Sequence[dict[str, Any]]
    read: int
    kept: int
    quarantined: int
    readings: pl.DataFrame
    measures: pl.DataFrame
    stations: pl.DataFrame
    stations_before: pl.DataFrame
    counts: Sequence[int]
    mart: pl.DataFrame


@dataclass(frozen=True)
class Check:
    """A question to a batch. No finding is good news.

    Raises:
        ValueError: if nobody owns it, or nobody knows what to do.
    """

    name: str
    gate: Gate
    severity: Severity
    owner: str
    action: str
    find: Callable[[Batch], list[str]]

    def __post_init__(self) -> None:
        if not (self.owner.strip() and self.action.strip()):
            raise ValueError(f"{self.name}: say who does what about it")


@dataclass(frozen=True)
class Result:
    """What a check found; one that found nothing is a result too."""

    check: Check
    found: list[str]

    @property
    def blocks(self) -> bool:
        """Whether nothing may pass the gate."""
        return bool(self.found) and self.check.severity is Severity.BLOCK


def run_gate(
    checks: Sequence[Check], gate: Gate, batch: Batch
) -> list[Result]:
    """Run every check of one gate."""
    return [Result(c, c.find(batch)) for c in checks if c.gate is gate]


# --8<-- [end:core]
# --8<-- [start:contract]
FIELDS = ("measure", "dateTime", "value")
UNITS = {
    "level": {"mASD", "mAOD"},
    "flow": {"m3/s"},
    "rainfall": {"mm"},
}


def fields(batch: Batch) -> list[str]:
    """Find fields that every item must have and some lack, or leave null."""
    lacking = {
        name: sum(item.get(name) is None for item in batch.items)
        for name in FIELDS
    }
    return [f"{name}: {n} items" for name, n in lacking.items() if n]


def units(batch: Batch) -> list[str]:
    """Find series in another unit than agreed for what they measure."""
    rows = batch.measures.select("measure_id", "parameter", "unit").rows()
    return [
        f"{measure_id}: {unit}"
        for measure_id, parameter, unit in rows
        if parameter in UNITS and unit not in UNITS[parameter]
    ]


# --8<-- [start:sums]
def sums(batch: Batch) -> list[str]:
    """Find rows that were read and are neither kept nor quarantined."""
    if batch.read == batch.kept + batch.quarantined:
        return []
    return [
        f"read {batch.read}, kept {batch.kept} "
        f"+ quarantined {batch.quarantined}"
    ]


# --8<-- [end:sums]
# --8<-- [end:contract]
# --8<-- [start:volume]
MIN_DAYS = 4
MIN_ROWS = 500
SPREADS = 5.0
MIN_SHARE = 0.1


def usual(counts: Sequence[int]) -> tuple[float, float]:
    """Return the lowest and highest usual number of rows.

    Args:
        counts: of earlier days of the same weekday, in any order. With fewer
            than four, only the fixed minimum holds.
    """
    if len(counts) < MIN_DAYS:
        return MIN_ROWS, float("inf")
    middle = statistics.median(counts)
    spread = statistics.median(abs(n - middle) for n in counts)
    # MAD times 1.4826 estimates a standard deviation, whatever the outliers.
    reach = max(SPREADS * 1.4826 * spread, MIN_SHARE * middle)
    return max(MIN_ROWS, middle - reach), middle + reach


def volume(batch: Batch) -> list[str]:
    """Find a day with far more or fewer rows than its weekday has."""
    low, high = usual(batch.counts)
    rows = batch.readings.height
    if low <= rows <= high:
        return []
    return [f"{rows} rows, usual {low:.0f} to {high:.0f}"]


# --8<-- [end:volume]
# --8<-- [start:freshness]
MAX_AGE = timedelta(hours=2)
MAX_SILENCE = timedelta(hours=13)


def freshness(batch: Batch) -> list[str]:
    """Find that the newest event lies too long before the window's end."""
    newest = batch.readings["observed_at"].max()
    if not isinstance(newest, datetime):
        return ["no reading at all"]
    age = batch.until - newest
    return [f"newest event is {age} old"] if age > MAX_AGE else []


def silent(batch: Batch) -> list[str]:
    """Find series that say nothing while others do."""
    newest = batch.readings.group_by("measure_id").agg(
        pl.col("observed_at").max()
    )
    listed = batch.measures.select("measure_id").join(
        newest, on="measure_id", how="left"
    )
    latest = batch.readings["observed_at"].max()
    late = listed.filter(
        pl.col("observed_at").is_null()
        | (pl.lit(latest) - pl.col("observed_at") > MAX_SILENCE)
    )
    return [str(name) for name in late["measure_id"].sort()]


# --8<-- [end:freshness]
# --8<-- [start:keys]
KEY = ["measure_id", "observed_at"]


def duplicates(batch: Batch) -> list[str]:
    """Find moments that a series has twice."""
    twice = batch.readings.group_by(KEY).len().filter(pl.col("len") > 1)
    return [f"{m} at {t}" for m, t, _ in twice.sort(KEY).rows()]


def orphans(batch: Batch) -> list[str]:
    """Find readings of a series that nobody described."""
    lost = batch.readings.join(batch.measures, on="measure_id", how="anti")
    counted = lost.group_by("measure_id").len().sort("measure_id")
    return [f"{name}: {n} rows" for name, n in counted.rows()]


def future(batch: Batch) -> list[str]:
    """Find readings from after the window: a wrong zone, or a wrong clock."""
    late = batch.readings.filter(pl.col("observed_at") >= batch.until)
    return [f"{late.height} rows"] if late.height else []


# --8<-- [end:keys]
# --8<-- [start:domain]
INF = float("inf")
BANDS = {
    "mASD": (-5.0, 10.0),
    "mAOD": (-5.0, 200.0),
    "m3/s": (-50.0, 1000.0),
    "mm": (-INF, 60.0),  # negative rain has a check of its own
}
QUARTER = timedelta(minutes=15)
MAX_RISE_M = 0.5
MAX_FLAT = timedelta(hours=6)


def with_bands(batch: Batch) -> pl.DataFrame:
    """Return the readings whose unit has a band, and whether they keep it."""
    bands = pl.DataFrame(
        [(unit, low, high) for unit, (low, high) in BANDS.items()],
        schema=["unit", "low", "high"],
        orient="row",
    )
    value = pl.col("value")
    return (
        batch.readings.join(batch.measures, on="measure_id")
        .join(bands, on="unit")
        .with_columns(fits=value.is_between(pl.col("low"), pl.col("high")))
        .sort(KEY)
    )


def band(batch: Batch) -> list[str]:
    """Find values that the gauge cannot have measured."""
    odd = with_bands(batch).filter(~pl.col("fits"))
    return [f"{m} at {t}" for m, t in odd.select(KEY).rows()]


def levels(batch: Batch) -> pl.DataFrame:
    """Return the plausible levels, in order of series and time."""
    return with_bands(batch).filter(
        pl.col("fits"), pl.col("parameter") == "level"
    )


# --8<-- [start:jump]
def jump(batch: Batch) -> list[str]:
    """Find a level that moves too far within one quarter of an hour."""
    step = levels(batch).with_columns(
        rise=pl.col("value").diff().over("measure_id").abs(),
        after=pl.col("observed_at").diff().over("measure_id"),
    )
    # After a gap the level may have moved: only neighbours are compared.
    odd = step.filter(pl.col("after") == QUARTER, pl.col("rise") > MAX_RISE_M)
    return [f"{m} at {t}" for m, t in odd.select(KEY).rows()]


# --8<-- [end:jump]
def flat_line(batch: Batch) -> list[str]:
    """Find a level that stays the same, to the millimetre, for hours."""
    same = levels(batch).with_columns(
        run=pl.col("value").rle_id().over("measure_id")
    )
    runs = same.group_by("measure_id", "run").agg(
        flat=pl.col("observed_at").max() - pl.col("observed_at").min()
    )
    stuck = runs.filter(pl.col("flat") > MAX_FLAT).sort("measure_id")
    return [f"{m}: {f}" for m, f in stuck.select("measure_id", "flat").rows()]


def rain(batch: Batch) -> list[str]:
    """Find rain that fell upwards."""
    odd = with_bands(batch).filter(pl.col("unit") == "mm", pl.col("value") < 0)
    return [f"{m} at {t}" for m, t in odd.select(KEY).rows()]


# --8<-- [end:domain]
# --8<-- [start:publish]
MAX_MOVED = 10


def fan_out(batch: Batch) -> list[str]:
    """Find rows that a join has doubled."""
    key = ["measure_id", "local_date"]
    twice = batch.mart.group_by(key).len().filter(pl.col("len") > 1)
    return [f"{m} on {d}: {n} rows" for m, d, n in twice.sort(key).rows()]


def described_anew(batch: Batch) -> list[str]:
    """Find that many gauges moved at once."""
    moved = batch.stations.join(
        batch.stations_before, on="station_id", suffix="_before"
    ).filter(
        (pl.col("latitude") != pl.col("latitude_before"))
        | (pl.col("longitude") != pl.col("longitude_before"))
    )
    return [f"{moved.height} gauges"] if moved.height > MAX_MOVED else []


# --8<-- [end:publish]
# --8<-- [start:registry]
PIPELINE, DATA = "pipeline owner", "data owner"
BLOCK, WARN, INFORM = Severity
CONTRACT, LOADED, PUBLISH = Gate
CHECKS = (
    Check("fields", CONTRACT, BLOCK, PIPELINE, "mend the parser", fields),
    Check("units", CONTRACT, BLOCK, PIPELINE, "ask the source", units),
    Check("sums", CONTRACT, BLOCK, PIPELINE, "find the lost rows", sums),
    Check("duplicates", LOADED, BLOCK, PIPELINE, "mend the key", duplicates),
    Check("orphans", LOADED, WARN, DATA, "ask for the list", orphans),
    Check("future", LOADED, BLOCK, PIPELINE, "look for local time", future),
    Check("volume", LOADED, BLOCK, PIPELINE, "extract again", volume),
    Check("freshness", LOADED, WARN, DATA, "tell the readers", freshness),
    Check("silent", LOADED, WARN, DATA, "report the gauge", silent),
    Check("band", LOADED, WARN, DATA, "report the gauge", band),
    Check("jump", LOADED, WARN, DATA, "look at the curve", jump),
    Check("flat_line", LOADED, WARN, DATA, "report the gauge", flat_line),
    Check("rain", LOADED, INFORM, DATA, "count in the review", rain),
    Check("fan_out", PUBLISH, BLOCK, PIPELINE, "mend the join", fan_out),
    Check("described_anew", PUBLISH, WARN, DATA, "compare", described_anew),
)
# --8<-- [end:registry]


# --8<-- [start:run]
def first_block(
    batches: Mapping[Gate, Callable[[], Batch]],
    keep: Callable[[list[Result]], None],
) -> list[str]:
    """Pass the gates in order, and stop at the first that blocks.

    Args:
        batches: the step before each gate: it fetches, loads or builds, and
            returns the batch to judge. After a block, no further step runs.
        keep: stores results, passed or not.

    Returns:
        The names of the checks that block; empty if the way is free.
    """
    for gate in Gate:
        results = run_gate(CHECKS, gate, batches[gate]())
        keep(results)
        if blocking := [r.check.name for r in results if r.blocks]:
            return blocking
    return []


# --8<-- [end:run]
