"""Flood reports of residents: rows of a file become reports or refusals."""

# --8<-- [start:transform]
import csv
import io
import math
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST_UPRN_DIGITS = 12
BLANK = " \t\r\n\u00a0\u200b\ufeff"  # some are pasted, and none is seen


@dataclass(frozen=True, slots=True)
class Report:
    """What a resident saw.

    Attributes:
        report_id: as the source writes it, with leading zeros.
        surname: None if nobody gave one.
        uprn: of the home, without leading zeros; None if unknown.
        reported_at: UTC.
        depth_cm: of the water, in centimetres.
    """

    report_id: str
    surname: str | None
    uprn: str | None
    reported_at: datetime
    depth_cm: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be used, whole, and why."""

    reason: str
    row: object


class Unusable(Exception):
    """Why a row is refused."""


def read_csv(content: bytes) -> list[dict[str, Any]]:
    """Return the rows of a CSV file; every cell stays a text.

    Raises:
        UnicodeDecodeError: if the file is not UTF-8.
    """
    text = content.decode("utf-8-sig")  # Excel writes a mark at the start
    return list(csv.DictReader(io.StringIO(text, newline="")))


def parse_all(rows: Sequence[Any], until: datetime) -> list[Report | Refused]:
    """Return a verdict for each row, in their order.

    A repeat is refused. If two rows with one id contradict each other, both
    are refused: which of them came first says nothing.

    Args:
        until: when the file was made, UTC; no report can be later.
    """
    verdicts = [parse(row, until) for row in rows]
    reports = [one for one in verdicts if isinstance(one, Report)]
    contents = Counter(report.report_id for report in set(reports))
    seen: set[Report] = set()
    for number, one in enumerate(verdicts):
        if not isinstance(one, Report):
            continue
        if contents[one.report_id] > 1:
            verdicts[number] = Refused("contradicted", rows[number])
        elif one in seen:
            verdicts[number] = Refused("repeated", rows[number])
        seen.add(one)
    return verdicts


def parse(row: Any, until: datetime) -> Report | Refused:
    """Decide whether a row can be trusted; guess nothing."""
    try:
        if not isinstance(row, Mapping):
            raise Unusable("not a row")
        report_id = text_of(row, "report_id")
        if report_id is None:
            raise Unusable("no report_id")
        return Report(
            report_id,
            text_of(row, "surname"),
            uprn_of(text_of(row, "uprn")),
            moment_of(text_of(row, "reported_at"), until),
            depth_of(row.get("depth_cm")),
        )
    except Unusable as error:
        return Refused(str(error), row)


def text_of(row: Mapping[str, Any], field: str) -> str | None:
    """Return a text in its one form; None if it says nothing."""
    value = row.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Unusable(f"{field} is no text")
    return unicodedata.normalize("NFC", value).strip(BLANK) or None


def uprn_of(text: str | None) -> str | None:
    """Return a UPRN without leading zeros."""
    if text is None:
        return None
    uprn = text.lstrip("0")
    if not (uprn.isascii() and uprn.isdecimal()):
        raise Unusable("uprn is no UPRN")
    if len(uprn) > MOST_UPRN_DIGITS:
        raise Unusable("uprn is no UPRN")
    return uprn


def moment_of(text: str | None, until: datetime) -> datetime:
    """Return a moment in UTC; a time without a zone is London's."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError as error:
        raise Unusable("reported_at is no time") from error
    if moment.tzinfo is None:
        first, second = (
            moment.replace(tzinfo=LONDON, fold=fold).astimezone(UTC)
            for fold in (0, 1)
        )
        if first < second:
            raise Unusable("reported_at was twice")
        if first > second:
            raise Unusable("reported_at never was")
        moment = first
    if not EARLIEST <= moment <= until:
        raise Unusable("reported_at is not plausible")
    return moment.astimezone(UTC)


def depth_of(value: object) -> float:
    """Return a depth in centimetres, from a number or the text of one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unusable("depth_cm is no number")
    try:
        depth_cm = float(value)
    except (OverflowError, ValueError) as error:
        raise Unusable("depth_cm is no number") from error
    if not math.isfinite(depth_cm) or depth_cm < 0:
        raise Unusable("depth_cm is not plausible")
    return depth_cm


# --8<-- [end:transform]
