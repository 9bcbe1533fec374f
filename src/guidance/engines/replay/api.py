"""What the flood-monitoring API answers to a request, without any HTTP.

Paths, filters, limits and shapes follow the reference documentation of the
Environment Agency's real-time flood-monitoring API (version 0.9) and recorded
responses. ``since`` is exclusive; ``today`` and ``date`` come in no order; at most
10,000 items come at once, 500 of a list of readings unless ``_limit`` says more.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qsl

from guidance.engines.replay.world import Measure, Observation, Station, World

PREFIX = "/flood-monitoring"
ROOT = "http://environment.data.gov.uk/flood-monitoring"
DEFAULT_LIMIT = 500
HARD_LIMIT = 10_000
HISTORY = timedelta(days=28)
ARCHIVE = timedelta(days=365)

type Item = dict[str, object]


@dataclass(frozen=True)
class Reply:
    """An HTTP reply: status code, content type and body."""

    status: int
    content_type: str
    body: bytes


class BadRequest(Exception):
    """The request cannot be answered; carries the status and a sentence."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Query:
    """The query of a request: plain flags count as present with an empty value."""

    values: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> "Query":
        """Read the part of the address after the question mark."""
        return cls(dict(parse_qsl(text, keep_blank_values=True)))

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str | None:
        """Return a parameter's text, None if it is absent."""
        return self.values.get(name)

    def number(self, name: str, default: int) -> int:
        """Return a non-negative whole number.

        Raises:
            BadRequest: if the text is not one.
        """
        text = self.values.get(name, str(default))
        if not text.isdecimal():
            raise BadRequest(400, f"{name} must be a whole number, not {text!r}")
        return int(text)

    def day(self, name: str) -> date | None:
        """Return a calendar day (UTC), None if the parameter is absent."""
        if (text := self.values.get(name)) is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise BadRequest(400, f"{name} must be a date, not {text!r}") from error

    def moment(self, name: str) -> datetime | None:
        """Return a moment; a bare date means midnight UTC."""
        if (text := self.values.get(name)) is None:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError as error:
            raise BadRequest(400, f"{name} must be a date-time, not {text!r}") from error
        return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass
class FloodMonitoringApi:
    """The API over a :class:`World`, at the moment ``now`` (UTC)."""

    world: World
    now: datetime

    def answer(self, path: str, query_text: str = "", accept: str = "") -> Reply:
        """Answer a GET request; errors are HTML pages, as they are in reality."""
        try:
            return self._answer(path, Query.parse(query_text), accept)
        except BadRequest as error:
            return html(error.status, str(error))

    def _answer(self, path: str, query: Query, accept: str) -> Reply:
        if not path.startswith(PREFIX + "/"):
            raise BadRequest(404, "no such page")
        path = path.removeprefix(PREFIX).rstrip("/")
        as_csv = path.endswith(".csv") or accept.startswith("text/csv")
        if path.startswith("/archive/"):
            return self._archive(path.removeprefix("/archive/"))
        path = path.removesuffix(".csv").removesuffix(".json")
        match path.strip("/").split("/"):
            case [*start, "readings"] if start != ["id"]:
                measures = self._measures_under(start, query)
                return self._readings(path, query, measures, as_csv)
            case ["id", "stations", station_id]:
                station = [self._station(station_id, full=True)]
                return self._page(path, query, station, one=True)
            case ["id", "measures", measure_id]:
                measure = [self._measure(self._find_measure(measure_id), full=True)]
                return self._page(path, query, measure, one=True)
            case segments:
                return self._page(path, query, self._list(segments, query))

    def _list(self, segments: list[str], query: Query) -> list[Item]:
        match segments:
            case ["id", "stations"]:
                return list(self._stations(query))
            case [*start, "measures"] if start != ["data"]:
                chosen = self._select(self._measures_under(start, query), query)
                return [self._measure(measure, full=True) for measure in chosen]
            case ["id", "floods"]:
                return self._floods()
            case ["id", "floodAreas"]:
                return [_FLOOD_AREA]
        raise BadRequest(404, "no such page")

    def _measures_under(self, segments: list[str], query: Query) -> Sequence[Measure]:
        """Return the measures below ``/id``, ``/data``, a station or a measure."""
        match segments:
            case ["id"] | ["data"]:
                return self._all(query)
            case ["id", "stations", station_id]:
                return self._find(station_id).measures
            case ["id", "measures", measure_id]:
                return [self._find_measure(measure_id)]
        raise BadRequest(404, "no such page")

    # --- stations and measures ---------------------------------------------------

    def _find(self, station_id: str) -> Station:
        for station in self.world.stations:
            if station.id == station_id:
                return station
        raise BadRequest(404, f"no station {station_id}")

    def _find_measure(self, measure_id: str) -> Measure:
        if measure_id not in self.world.measures:
            raise BadRequest(404, f"no measure {measure_id}")
        return self.world.measures[measure_id]

    def _all(self, query: Query) -> list[Measure]:
        """Return the measures of the stations that the query names by reference."""
        reference = query.text("stationReference")
        return [
            measure
            for station in self.world.stations
            if reference in (None, station.reference)
            for measure in station.measures
        ]

    @staticmethod
    def _select(measures: Iterable[Measure], query: Query) -> list[Measure]:
        wanted: dict[str, Callable[[Measure], str]] = {
            "parameter": lambda m: m.parameter,
            "parameterName": lambda m: m.parameter_name,
            "qualifier": lambda m: m.qualifier,
        }
        return [
            measure
            for measure in measures
            if all(query.text(k) in (None, of(measure)) for k, of in wanted.items())
        ]

    def _stations(self, query: Query) -> Iterable[Item]:
        wanted: dict[str, Callable[[Station], str]] = {
            "riverName": lambda s: s.river,
            "town": lambda s: s.town,
            "catchmentName": lambda _: "London",
            "stationReference": lambda s: s.reference,
            "RLOIid": _rloi_id,
            "status": lambda _: "Active",
        }
        search = (query.text("search") or "").lower()
        for station in self.world.stations:
            if not all(query.text(k) in (None, of(station)) for k, of in wanted.items()):
                continue
            if search not in station.label.lower() or not _is_near(station, query):
                continue
            if self._select(station.measures, query):
                yield self._station(station.id, full=query.text("_view") == "full")

    def _station(self, station_id: str, *, full: bool) -> Item:
        """Describe a station, in the odd shape that it is known for."""
        station = self._find(station_id)
        url = f"{ROOT}/id/stations/{station.id}"
        measures: list[Item] = [self._measure(m, full=False) for m in station.measures]
        item: Item = {
            "@id": url,
            "RLOIid": _rloi_id(station),
            "catchmentName": "London",
            "dateOpened": "1995-01-01",
            "easting": 500_000 + round((station.long + 0.57) * 69_500),
            "label": station.label,
            "lat": station.lat,
            "long": station.long,
            "measures": measures,
            "northing": 160_000 + round((station.lat - 51.33) * 111_200),
            "notation": station.id,
            "riverName": station.river,
            "stageScale": f"{url}/stageScale",
            "stationReference": station.reference,
            "status": f"{ROOT}/def/core/statusActive",
            "town": station.town,
            "wiskiID": station.reference,
        }
        level = station.measures[0]
        if full:
            item["stageScale"] = {
                "@id": f"{url}/stageScale",
                "scaleMax": math.ceil(level.base + 2 * level.swing),
                "typicalRangeHigh": round(level.base + 0.6 * level.swing, 3),
                "typicalRangeLow": round(level.base * 0.8, 3),
            }
        if station.datum_offset is not None:
            item["datumOffset"] = station.datum_offset
        match station.odd:
            case "label-list":
                item["label"] = [station.label, f"{station.label} GS"]
            case "town-list":
                item["town"] = [station.town, "Surbiton"]
            case "status-list":
                item["status"] = [f"{ROOT}/def/core/statusActive"] * 2
            case "opened-list":
                item["dateOpened"] = ["1995-01-01", "2004-07-01"]
            case "scale-url":
                item["stageScale"] = f"{url}/stageScale"
            case "measures-dict":
                item["measures"] = measures[0]
        if not station.label:  # rain gauges have no name, no river and no town
            for name in ("RLOIid", "label", "riverName", "town", "stageScale"):
                del item[name]
        return item

    def _measure(self, measure: Measure, *, full: bool) -> Item:
        item: Item = {
            "@id": f"{ROOT}/id/measures/{measure.id}",
            "parameter": measure.parameter,
            "parameterName": measure.parameter_name,
            "period": 900,
            "qualifier": measure.qualifier,
            "unitName": measure.unit,
        }
        if not full:
            return item
        station = f"{ROOT}/id/stations/{measure.station}"
        item |= {
            "label": f"{measure.station} - {measure.parameter}-{measure.qualifier}",
            "notation": measure.id,
            "station": station,
            "stationReference": self._find(measure.station).reference,
            "unit": f"{ROOT}/def/core/unit{measure.unit}",
            "valueType": "instantaneous",
        }
        latest = self._latest(measure)
        if measure.latest == "missing" or latest is None:
            return item
        item["latestReading"] = self._reading(latest) | {
            "date": str(latest.observed_at.date())
        }
        if measure.latest == "url":
            item["latestReading"] = self._reading(latest)["@id"]
        return item

    # --- readings ----------------------------------------------------------------

    def _latest(self, measure: Measure) -> Observation | None:
        seen = list(
            self.world.observations(measure.id, self.now - HISTORY, self.now, self.now)
        )
        return seen[-1] if seen else None

    def _readings(
        self, path: str, query: Query, measures: Iterable[Measure], as_csv: bool
    ) -> Reply:
        chosen = self._select(measures, query)
        found = list(self._observations(query, chosen))
        if "_sorted" in query:
            found.sort(key=lambda seen: seen.observed_at, reverse=True)
        elif "today" in query or "date" in query:  # hour by hour, not in order of time
            found.sort(key=lambda seen: (seen.observed_at.minute, seen.observed_at))
        default = None if "latest" in query or "today" in query else DEFAULT_LIMIT
        if as_csv:
            return self._csv(_cut(query, found, default)[0], full=False)
        full = query.text("_view") == "full"
        items = [self._reading(seen, full=full) for seen in found]
        return self._page(path, query, items, default=default)

    def _observations(self, query: Query, measures: list[Measure]) -> Iterable[Observation]:
        if "latest" in query:
            return [seen for m in measures if (seen := self._latest(m))]
        start, end = self._span(query)
        start = max(start, self.now - HISTORY)
        return (
            seen
            for measure in measures
            for seen in self.world.observations(measure.id, start, end, self.now)
        )

    def _span(self, query: Query) -> tuple[datetime, datetime]:
        """Return the half-open span of time that a query asks for."""
        exclusive = (
            "since" in query,
            "startdate" in query,
            "date" in query,
            "today" in query,
        )
        if sum(exclusive) > 1:
            raise BadRequest(400, "use one of since, startdate and enddate, date, today")
        if since := query.moment("since"):
            return since + timedelta(microseconds=1), self.now
        if "startdate" in query or "enddate" in query:
            first, last = query.day("startdate"), query.day("enddate")
            if first is None or last is None:
                raise BadRequest(400, "startdate and enddate belong together")
            return _midnight(first), _midnight(last) + timedelta(days=1)
        if (day := query.day("date")) or "today" in query:
            start = _midnight(day or self.now.date())
            return start, start + timedelta(days=1)
        return self.now - HISTORY, self.now

    def _reading(self, seen: Observation, *, full: bool = False) -> Item:
        at = seen.observed_at
        measure = self.world.measures[seen.measure_id]
        item: Item = {
            "@id": f"{ROOT}/data/readings/{seen.measure_id}/{at:%Y-%m-%dT%H-%M-%SZ}",
            "dateTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "measure": f"{ROOT}/id/measures/{seen.measure_id}",
            "value": seen.value,
        }
        if full:
            item |= {
                "date": str(at.date()),
                "measure": self._measure(measure, full=False),
            }
        return item

    def _archive(self, name: str) -> Reply:
        full = name.startswith("readings-full-")
        text = (
            name.removeprefix("readings-full-").removeprefix("readings-").removesuffix(".csv")
        )
        try:
            start = _midnight(date.fromisoformat(text))
        except ValueError as error:
            raise BadRequest(404, "no such file") from error
        end = start + timedelta(days=1)
        if not self.now - ARCHIVE <= start or end > self.now:
            raise BadRequest(404, "no such file")
        found = [
            seen
            for measure_id in self.world.measures
            for seen in self.world.observations(measure_id, start, end, self.now)
        ]
        return self._csv(found, full=full)

    def _csv(self, found: Iterable[Observation], *, full: bool) -> Reply:
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(
            ["dateTime", "date", "measure", "station", "stationReference", "value"]
            if full
            else ["dateTime", "measure", "value"]
        )
        for seen in found:
            item = self._reading(seen)
            value = seen.value
            shown = "|".join(map(str, value)) if isinstance(value, list) else value
            row: list[object] = [item["dateTime"], item["measure"], shown]
            if full:
                station = self._find(self.world.measures[seen.measure_id].station)
                url = f"{ROOT}/id/stations/{station.id}"
                row[1:1] = [str(seen.observed_at.date())]
                row[3:3] = [url, station.reference]
            table.writerow(row)
        return Reply(200, "text/csv;charset=utf-8", text.getvalue().encode())

    def _floods(self) -> list[Item]:
        raised = _midnight(self.now.date()) - timedelta(hours=9)
        return [
            {
                "@id": f"{ROOT}/id/floods/061WAF23Hampton",
                "description": _FLOOD_AREA["label"],
                "floodArea": _FLOOD_AREA,
                "floodAreaID": "061WAF23Hampton",
                "isTidal": False,
                "severity": "Flood alert",
                "severityLevel": 3,
                # Unlike every other time of this API, these carry no zone.
                "timeMessageChanged": f"{raised:%Y-%m-%dT%H:%M:%S}",
                "timeRaised": f"{raised:%Y-%m-%dT%H:%M:%S}",
            }
        ]

    # --- the envelope ------------------------------------------------------------

    def _page(
        self,
        path: str,
        query: Query,
        found: list[Item],
        *,
        one: bool = False,
        default: int | None = None,
    ) -> Reply:
        items, limit = _cut(query, found, default)
        meta: Item = {
            "publisher": "Environment Agency",
            "licence": "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
            "documentation": f"{ROOT}/doc/reference",
            "version": "0.9",
            "comment": "Synthetic replay: invented values, real shapes",
            "hasFormat": [f"{ROOT}{path}.{kind}" for kind in ("csv", "rdf", "ttl", "html")],
        }
        if limit is not None:
            meta["limit"] = limit
        if offset := query.number("_offset", 0):
            meta["offset"] = offset
        body: Item = {
            "@context": f"{ROOT}/meta/context.jsonld",
            "meta": meta,
            "items": items[0] if one else items,
        }
        return Reply(
            200, "application/json;charset=utf-8", json.dumps(body, indent=2).encode()
        )


_FLOOD_AREA: Item = {
    "@id": f"{ROOT}/id/floodAreas/061WAF23Hampton",
    "county": "Kingston upon Thames",
    "label": "River Thames from Hampton and Thames Ditton to Teddington",
    "notation": "061WAF23Hampton",
    "riverOrSea": "River Thames",
}


def html(status: int, sentence: str) -> Reply:
    """Return an error page as a web server writes it."""
    head = f"<!DOCTYPE html><html><head><title>{status}</title></head>"
    page = f"{head}<body><h1>{sentence}</h1></body></html>"
    return Reply(status, "text/html;charset=utf-8", page.encode())


def _cut[T](query: Query, found: list[T], default: int | None) -> tuple[list[T], int | None]:
    """Return the page that a query asks for, and the limit that was in force."""
    limit = default
    if "_limit" in query:
        limit = min(query.number("_limit", 0), HARD_LIMIT)
    offset = query.number("_offset", 0)
    return found[offset : offset + (HARD_LIMIT if limit is None else limit)], limit


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _rloi_id(station: Station) -> str:
    return "7" + station.id[:3]


def _is_near(station: Station, query: Query) -> bool:
    """Whether a station lies within ``dist`` kilometres of ``lat``, ``long``."""
    if "lat" not in query:
        return True
    try:
        lat, long, dist = (float(query.values[name]) for name in ("lat", "long", "dist"))
    except (KeyError, ValueError) as error:
        raise BadRequest(400, "lat, long and dist belong together, as numbers") from error
    north = (station.lat - lat) * 111.2
    east = (station.long - long) * 111.2 * math.cos(math.radians(lat))
    return math.hypot(north, east) <= dist
