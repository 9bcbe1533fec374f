"""A small synthetic river world, in the shapes of the flood-monitoring API.

The gauges carry the identifiers of real gauges in and around Kingston and Sutton
(``stations.csv``, ``measures.csv``); every value is invented. Values are a pure
function of (seed, measure, quarter-hour), so any span of time can be asked for and
nothing has to be stored.

All times are UTC. Levels are metres, flows cubic metres a second, rain millimetres.
"""

import csv
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path

QUARTER_S = 900
DEFAULT_SEED = 20260323
DEFAULT_NOW = datetime(2026, 3, 30, tzinfo=UTC)
"""The moment at which the replay stands still: the day after the clocks changed."""

NEVER = datetime.max.replace(tzinfo=UTC)
STALE_AFTER = timedelta(days=20)
CORRECTED_AFTER = timedelta(hours=30)
DATUM_M = 14.0
STORM_PERIOD_H = 78.0


class Kind(StrEnum):
    """What is the matter with a reading: the dirt seen in real responses."""

    MISSING = "missing"
    LIST = "list"
    PIPE = "pipe"
    SENTINEL = "sentinel"
    SPIKE = "spike"
    PROVISIONAL = "provisional"
    GOOD = "good"


DIRT = (
    (0.0040, Kind.MISSING),
    (0.0050, Kind.LIST),
    (0.0056, Kind.PIPE),
    (0.0062, Kind.SENTINEL),
    (0.0066, Kind.SPIKE),
    (0.0074, Kind.PROVISIONAL),
)
"""How often each kind occurs, as upper bounds of a number drawn from [0, 1)."""


@dataclass(frozen=True)
class Measure:
    """One series of readings at a station.

    Attributes:
        base: the usual value. swing: what a storm adds to it.
        telemetry: ``live`` reports after 5 minutes, ``batch`` twice a day,
            ``stale`` has been silent for 20 days.
        latest: how the API shows its latest reading: whole, as a URL, or not at all.
    """

    id: str
    station: str
    parameter: str
    qualifier: str
    unit: str
    base: float
    swing: float
    shape: str = "stream"
    telemetry: str = "live"
    latest: str = "reading"

    @property
    def parameter_name(self) -> str:
        """The API's display name of the parameter."""
        names = {"level": "Water Level", "flow": "Flow", "rainfall": "Rainfall"}
        return names.get(self.parameter, self.parameter.title())


@dataclass(frozen=True)
class Station:
    """A gauge; ``odd`` names the odd shape in which the API describes it."""

    id: str
    reference: str
    label: str
    river: str
    town: str
    lat: float
    long: float
    datum_offset: float | None
    odd: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Observation:
    """A reading as the source holds it at one moment.

    Attributes:
        observed_at: UTC, on a quarter-hour.
        value: a number, or what the API sends instead of one: a list of numbers, or
            numbers joined by ``|``.
        kind: what is the matter with it.
    """

    measure_id: str
    observed_at: datetime
    value: float | list[float] | str
    kind: Kind

    @property
    def is_clean(self) -> bool:
        """Whether the value is one number, plausible or not."""
        return isinstance(self.value, float)


def read_stations(folder: Path = Path(__file__).parent) -> tuple[Station, ...]:
    """Read the stations and their measures from the two CSV files in ``folder``."""

    def rows(name: str) -> list[dict[str, str]]:
        with open(folder / name, encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    measures: dict[str, list[Measure]] = {}
    for row in rows("measures.csv"):
        base, swing = float(row.pop("base")), float(row.pop("swing"))
        measure = Measure(base=base, swing=swing, **row)
        measures.setdefault(measure.station, []).append(measure)
    return tuple(
        Station(
            lat=float(row.pop("lat")),
            long=float(row.pop("long")),
            datum_offset=float(offset) if (offset := row.pop("datum_offset")) else None,
            measures=tuple(measures[row["id"]]),
            **row,
        )
        for row in rows("stations.csv")
    )


@dataclass
class World:
    """All stations and every reading they ever made.

    Args:
        seed: another seed gives other noise, and other dirt at other times.
        dirty: whether the readings contain dirt.
    """

    seed: int = DEFAULT_SEED
    dirty: bool = True
    stations: tuple[Station, ...] = field(default_factory=read_stations)
    _held: list[tuple[str, datetime, datetime, datetime]] = field(default_factory=list)
    _corrected: dict[tuple[str, datetime], list[tuple[datetime, float]]] = field(
        default_factory=dict
    )

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """Every measure, by its id."""
        return {m.id: m for station in self.stations for m in station.measures}

    def hold_back(
        self, measure_id: str, start: datetime, end: datetime, until: datetime
    ) -> None:
        """Make the readings in ``[start, end)`` arrive late: at ``until``."""
        self._held.append((measure_id, start, end, until))

    def correct(
        self, measure_id: str, observed_at: datetime, value: float, since: datetime
    ) -> None:
        """Replace one value from the moment ``since`` on, as hydrologists do."""
        self._corrected.setdefault((measure_id, observed_at), []).append((since, value))

    def observations(
        self, measure_id: str, start: datetime, end: datetime, now: datetime
    ) -> Iterator[Observation]:
        """Yield what the source shows at ``now`` of the readings in ``[start, end)``.

        In order of time. Readings that have not arrived by ``now`` are absent.
        """
        measure = self.measures[measure_id]
        first = math.ceil(start.timestamp() / QUARTER_S)
        stop = math.ceil(min(end, now).timestamp() / QUARTER_S)
        for number in range(first, stop):
            at = datetime.fromtimestamp(number * QUARTER_S, UTC)
            if self._arrives(measure, at, now) <= now:
                seen = self._observe(measure, at, number, now)
                if seen.kind is not Kind.MISSING:
                    yield seen

    def _arrives(self, measure: Measure, at: datetime, now: datetime) -> datetime:
        for held, start, end, until in self._held:
            if held == measure.id and start <= at < end:
                return until
        if measure.telemetry == "batch":
            day = at.replace(hour=0, minute=10)
            calls = (day + timedelta(hours=hours) for hours in (6, 18, 30))
            return next(call for call in calls if call > at)
        if measure.telemetry == "stale" and at > now - STALE_AFTER:
            return NEVER
        return at + timedelta(minutes=5)

    def _observe(
        self, measure: Measure, at: datetime, number: int, now: datetime
    ) -> Observation:
        for since, corrected in reversed(self._corrected.get((measure.id, at), [])):
            if since <= now:
                return Observation(measure.id, at, corrected, Kind.GOOD)
        kind, value = self._kind(measure, number), self._value(measure, number)
        shown: float | list[float] | str = value
        match kind:
            case Kind.LIST:
                shown = [value, round(value + 0.012, 3)]
            case Kind.PIPE:
                shown = f"{value}|{round(value + 0.007, 3)}"
            case Kind.SENTINEL:
                shown = -32.768
            case Kind.SPIKE:
                shown = round(value + 7.5, 3)
            case Kind.PROVISIONAL if now - at < CORRECTED_AFTER:
                shown = round(value + 0.05, 3)
        return Observation(measure.id, at, shown, kind)

    def _kind(self, measure: Measure, number: int) -> Kind:
        if not self.dirty:
            return Kind.GOOD
        die = self._noise(measure.id, number, "dirt")
        kind = next((kind for bound, kind in DIRT if die < bound), Kind.GOOD)
        if kind in (Kind.SENTINEL, Kind.SPIKE) and measure.parameter != "level":
            return Kind.GOOD
        return kind

    def _noise(self, *key: object) -> float:
        """Return a number in [0, 1) that depends on the seed and the key alone."""
        text = "|".join(map(str, (self.seed, *key)))
        return zlib.crc32(text.encode()) / 2**32

    def _storm(self, hours: float) -> float:
        """Return how much water the weather of an hour brings, 0 to 1."""
        number, since = divmod(hours, STORM_PERIOD_H)
        if (since := since - 30.0) < 0:
            return 0.0
        strength = 0.25 + 0.75 * self._noise("storm", int(number))
        return strength * (since / 5.0) * math.exp(1 - since / 5.0)

    def _value(self, measure: Measure, number: int) -> float:
        if measure.shape == "datum":  # the same water as mASD, above another zero
            twin = self.measures[measure.id.replace("mAOD", "mASD")]
            return round(self._value(twin, number) + DATUM_M, 3)
        hours = number / 4
        jitter = self._noise(measure.id, number, "jitter") - 0.5
        day = math.sin(hours / 24 * math.tau)
        if measure.shape == "rain":
            tips = round(8 * self._storm(hours + 4) * (1.1 + 0.8 * jitter))
            return round(tips * 0.2, 1)
        if measure.shape == "battery":
            return round(measure.base + measure.swing * (0.6 * day + 0.1 * jitter), 2)
        if measure.shape == "calm":
            return round(measure.base + measure.swing * 0.5 * day, 2)
        rise = measure.swing * self._storm(hours)
        if measure.shape == "flow":
            return round(measure.base * (1 + 0.02 * jitter) + rise, 3)
        return round(measure.base + rise + 0.01 * day + 0.006 * jitter, 3)
