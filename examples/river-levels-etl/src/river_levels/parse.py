"""Parse: decide for every item of a reply whether it can be trusted.

Pure functions: no I/O, no clock. Each item becomes a row or a rejection with a
reason; nothing is dropped and nothing is guessed.
"""

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

MAX_ID_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value.

    Attributes:
        observed_at: UTC.
        value: in the unit of its measure; implausible values are kept.
    """

    measure_id: str
    observed_at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Station:
    """A gauge. Everything but its id may be missing."""

    station_id: str
    station_reference: str | None
    label: str | None
    river_name: str | None
    town: str | None
    catchment_name: str | None
    status: str | None
    opened_on: date | None
    latitude: float | None
    longitude: float | None
    datum_offset_m: float | None
    typical_low_m: float | None
    typical_high_m: float | None


@dataclass(frozen=True, slots=True)
class Measure:
    """A series of readings at a station. ``unit`` is None for "---"."""

    measure_id: str
    station_id: str
    parameter: str | None
    qualifier: str | None
    unit: str | None
    period_s: float | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that cannot be used, kept whole.

    Attributes:
        reason: a code to count by. detail: what was wrong, in words.
        payload: the item as JSON, ASCII only, so that any text survives.
        observed_at: UTC, if at least its time could be read.
    """

    reason: str
    detail: str
    payload: str
    observed_at: datetime | None = None

    @property
    def item_hash(self) -> str:
        """Identifies the item, however often it is seen."""
        return hashlib.sha256(self.payload.encode()).hexdigest()


class Unusable(Exception):
    """Why an item is rejected."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def parse_reading(item: Any) -> Reading | Rejected:
    """Read one reading.

    The identity fields must be single texts. A value that is a list, or
    numbers joined by "|", is ambiguous: the row is rejected with both.
    """
    observed_at = None
    try:
        fields = _object(item)
        observed_at = _moment(fields.get("dateTime"))
        measure_id = _id(fields.get("measure"), "measure")
        return Reading(measure_id, observed_at, _value(fields.get("value")))
    except Unusable as error:
        return _rejected(item, error, observed_at)


def parse_station(item: Any) -> list[Station | Measure | Rejected]:
    """Read one station and its measures, which may come bare or as a list.

    Descriptions are forgiving: of a list the first member counts, and a URL
    in the place of an object means that nothing is known.
    """
    try:
        fields = _object(item)
        station_id = _id(fields, "@id")
    except Unusable as error:
        return [_rejected(item, error)]
    scale = fields.get("stageScale")
    scale = scale if isinstance(scale, dict) else {}
    station = Station(
        station_id=station_id,
        station_reference=_text(fields.get("stationReference")),
        label=_text(fields.get("label")),
        river_name=_text(fields.get("riverName")),
        town=_text(fields.get("town")),
        catchment_name=_text(fields.get("catchmentName")),
        status=_last(_text(fields.get("status"))),
        opened_on=_date(fields.get("dateOpened")),
        latitude=_number(fields.get("lat")),
        longitude=_number(fields.get("long")),
        datum_offset_m=_number(fields.get("datumOffset")),
        typical_low_m=_number(scale.get("typicalRangeLow")),
        typical_high_m=_number(scale.get("typicalRangeHigh")),
    )
    measures = fields.get("measures") or []
    measures = measures if isinstance(measures, list) else [measures]
    return [station, *(_measure(one, station_id) for one in measures)]


def _measure(item: Any, station_id: str) -> Measure | Rejected:
    try:
        fields = _object(item)
        measure_id = _id(fields, "@id")
    except Unusable as error:
        return _rejected(item, error)
    return Measure(
        measure_id=measure_id,
        station_id=station_id,
        parameter=_text(fields.get("parameter")),
        qualifier=_text(fields.get("qualifier")),
        unit=_text(fields.get("unitName")),
        period_s=_number(fields.get("period")),
    )


def last_segment(item: Any) -> str | None:
    """Return the last part of an item's ``@id``, the source's only key."""
    try:
        return _id(item, "@id")
    except Unusable:
        return None


def _rejected(
    item: Any, why: Unusable, observed_at: datetime | None = None
) -> Rejected:
    try:
        payload = json.dumps(item, sort_keys=True)
    except RecursionError:
        payload = '"nested too deeply to be written"'
    return Rejected(why.reason, why.detail, payload, observed_at)


# --- fields that must be right ----------------------------------------------


def _object(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise Unusable("not_an_object", f"a {type(item).__name__}")
    return item


def _id(value: Any, name: str) -> str:
    """Return the last segment of an address, given bare or as an object."""
    if isinstance(value, dict):
        value = value.get("@id")
    if value is None:
        raise Unusable("missing_field", name)
    if not isinstance(value, str):
        raise Unusable("bad_id", f"{name} is a {type(value).__name__}")
    found = value.rstrip("/").rpartition("/")[2]
    if not found or len(found) > MAX_ID_LENGTH or not found.isascii():
        raise Unusable("bad_id", name)
    if not found.isprintable() or " " in found:
        raise Unusable("bad_id", name)
    return found


def _moment(value: Any) -> datetime:
    if value is None:
        raise Unusable("missing_field", "dateTime")
    if not isinstance(value, str):
        raise Unusable("bad_time", f"dateTime is a {type(value).__name__}")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise Unusable("bad_time", "dateTime is no ISO 8601 time") from error
    if moment.tzinfo is None:
        raise Unusable("bad_time", "dateTime has no zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Unusable("bad_time", "dateTime is out of range") from error


def _value(value: Any) -> float:
    if type(value) is float and math.isfinite(value):
        return value
    if value is None:
        raise Unusable("missing_field", "value")
    if isinstance(value, list):
        raise Unusable("ambiguous_value", f"a list of {len(value)}")
    if isinstance(value, str) and "|" in value:
        raise Unusable("ambiguous_value", "numbers joined by |")
    number = _number(value)
    if number is None:
        raise Unusable("bad_value", f"a {type(value).__name__}, not finite")
    return number


# --- fields that may be missing ----------------------------------------------


def _text(value: Any) -> str | None:
    """Return a text; the first of a list; None for blanks and "---"."""
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, str):
        return None
    text = value.encode("utf-8", "replace").decode().replace("\0", "").strip()
    return None if text in {"", "---"} else text


def _last(value: str | None) -> str | None:
    return value.rpartition("/")[2] if value else None


def _number(value: Any) -> float | None:
    """Return a finite number; None for anything else, true and false too."""
    if type(value) not in {int, float}:
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(_text(value) or "")
    except ValueError:
        return None
