"""Parsing: every item becomes a row or a rejection with a reason."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from river_levels.parse import (
    Measure,
    Reading,
    Rejected,
    Station,
    last_segment,
    parse_reading,
    parse_station,
)

MEASURE = (
    "http://environment.data.gov.uk/flood-monitoring/id/measures/G1TH-level"
)
AT = "2026-03-29T00:45:00Z"
GOOD: dict[str, Any] = {"dateTime": AT, "measure": MEASURE, "value": 0.436}


def reading(**changes: Any) -> dict[str, Any]:
    """A good item, with changes; None removes a field."""
    return {k: v for k, v in (GOOD | changes).items() if v is not None}


@pytest.mark.parametrize(
    ("item", "row"),
    [
        (GOOD, ("G1TH-level", 0.436)),
        (reading(value=1), ("G1TH-level", 1.0)),
        (reading(value=-32.768), ("G1TH-level", -32.768)),
        (reading(measure={"@id": MEASURE}), ("G1TH-level", 0.436)),
        (reading(measure=f"{MEASURE}/"), ("G1TH-level", 0.436)),
        (reading(more="field"), ("G1TH-level", 0.436)),
    ],
)
def test_a_usable_reading_is_kept(item: Any, row: tuple[str, float]) -> None:
    at = datetime(2026, 3, 29, 0, 45, tzinfo=UTC)

    assert parse_reading(item) == Reading(row[0], at, row[1])


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (reading(value=[0.43, 0.45]), "ambiguous_value"),
        (reading(value="0.43|0.45"), "ambiguous_value"),
        (reading(value=None), "missing_field"),
        (reading(value="0.43"), "bad_value"),
        (reading(value=True), "bad_value"),
        (reading(value=float("nan")), "bad_value"),
        (reading(value=float("inf")), "bad_value"),
        (reading(value=10**400), "bad_value"),
        (reading(value={"value": 1}), "bad_value"),
        (reading(dateTime=None), "missing_field"),
        (reading(dateTime="29/03/2026 00:45"), "bad_time"),
        (reading(dateTime="2026-03-29T00:45:00"), "bad_time"),
        (reading(dateTime=1774745100), "bad_time"),
        (reading(dateTime="0001-01-01T00:00:00+01:00"), "bad_time"),
        (reading(measure=None), "missing_field"),
        (reading(measure=[MEASURE, MEASURE]), "bad_id"),
        (reading(measure=f"{MEASURE}\0"), "bad_id"),
        (reading(measure=f"{MEASURE}é"), "bad_id"),
        (reading(measure="x" * 201), "bad_id"),
        (reading(measure="/"), "bad_id"),
        (reading(measure={}), "missing_field"),
        (None, "not_an_object"),
        ("http://a.reading/as/a/link", "not_an_object"),
        ([], "not_an_object"),
    ],
)
def test_an_unusable_reading_is_rejected_whole(item: Any, reason: str) -> None:
    row = parse_reading(item)

    assert isinstance(row, Rejected)
    assert row.reason == reason
    assert row.payload.isascii()
    assert len(row.item_hash) == 64


def test_a_rejected_reading_keeps_its_time() -> None:
    row = parse_reading(reading(value="0.43|0.45"))

    assert row.observed_at == datetime(2026, 3, 29, 0, 45, tzinfo=UTC)


def test_the_same_item_has_the_same_hash_in_any_order() -> None:
    one = parse_reading({"value": None, "measure": MEASURE})
    two = parse_reading({"measure": MEASURE, "value": None})

    assert isinstance(one, Rejected)
    assert isinstance(two, Rejected)
    assert one.item_hash == two.item_hash


def test_an_item_without_end_is_rejected() -> None:
    item: list[Any] = []
    for _ in range(100_000):
        item = [item]

    row = parse_reading(item)

    assert isinstance(row, Rejected)
    assert "too deeply" in row.payload


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "dateTime": json_values | st.just(AT),
            "measure": json_values | st.just(MEASURE),
            "value": json_values,
        },
    )
    | json_values
)
def test_nothing_that_json_can_say_breaks_the_parser(item: Any) -> None:
    row = parse_reading(item)
    rows = parse_station(item)

    assert isinstance(row, Reading | Rejected)
    assert rows


STATION = {
    "@id": "http://environment.data.gov.uk/flood-monitoring/id/stations/G1TH",
    "stationReference": "G1TH",
    "label": ["Upper Gauge", "Upper Gauge GS"],
    "status": ["http://a/def/core/statusActive", "http://a/def/core/other"],
    "dateOpened": ["1995-01-01", "2004-07-01"],
    "lat": 51.4,
    "long": "west",
    "stageScale": {"typicalRangeHigh": 1.2},
    "measures": {"@id": MEASURE, "parameter": "level", "unitName": "---"},
}


def test_the_oddities_of_a_station_are_forgiven() -> None:
    station, measure = parse_station(STATION)

    assert isinstance(station, Station)
    assert isinstance(measure, Measure)
    assert station.station_id == "G1TH"
    assert station.label == "Upper Gauge"
    assert station.status == "statusActive"
    assert station.opened_on == date(1995, 1, 1)
    assert (station.latitude, station.longitude) == (51.4, None)
    assert (station.typical_high_m, station.typical_low_m) == (1.2, None)
    assert (measure.station_id, measure.unit) == ("G1TH", None)


def test_a_link_in_the_place_of_an_object_means_unknown() -> None:
    (station,) = parse_station(
        STATION | {"stageScale": "http://a/stageScale", "measures": None}
    )

    assert isinstance(station, Station)
    assert station.typical_high_m is None


@pytest.mark.parametrize("text", ["", "---", "  ", [], 12, "\0"])
def test_a_description_that_says_nothing_is_null(text: Any) -> None:
    station = parse_station(STATION | {"label": text})[0]

    assert isinstance(station, Station)
    assert station.label is None


def test_a_measure_without_an_address_is_rejected_alone() -> None:
    rows = parse_station(STATION | {"measures": [{"parameter": "level"}, 7]})

    assert [type(row) for row in rows] == [Station, Rejected, Rejected]


def test_a_station_without_an_address_is_rejected() -> None:
    (row,) = parse_station({"label": "Nameless"})

    assert isinstance(row, Rejected)
    assert row.reason == "missing_field"


def test_the_key_is_the_last_segment_of_the_address() -> None:
    assert last_segment(STATION) == "G1TH"
    assert last_segment({"label": "Nameless"}) is None
