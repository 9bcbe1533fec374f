"""The replay answers as the flood-monitoring API does."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from guidance.engines import Fault, ReplayServer
from guidance.engines.replay import DEFAULT_NOW, Kind, World
from guidance.engines.replay.api import FloodMonitoringApi

GAUGE = "3390TH"
LEVEL = "3390TH-level-stage-i-15_min-mASD"
PREFIX = "/flood-monitoring"


@pytest.fixture
def api() -> FloodMonitoringApi:
    return FloodMonitoringApi(World(), DEFAULT_NOW)


def items(api: FloodMonitoringApi, path: str, query: str = "") -> Any:
    """Return the items of a reply."""
    reply = api.answer(PREFIX + path, query)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)["items"]


def meta(api: FloodMonitoringApi, path: str, query: str = "") -> dict[str, Any]:
    """Return the meta of a reply."""
    found: dict[str, Any] = json.loads(api.answer(PREFIX + path, query).body)["meta"]
    return found


def test_readings_are_limited_to_500_unless_asked(api: FloodMonitoringApi) -> None:
    path = f"/id/measures/{LEVEL}/readings"

    assert len(items(api, path)) == 500
    assert meta(api, path)["limit"] == 500
    assert len(items(api, path, "_limit=750")) == 750
    assert len(items(api, path, "_limit=0")) == 0
    everything = json.loads(api.answer(f"{PREFIX}/data/readings", "_limit=50000").body)
    assert len(everything["items"]) == everything["meta"]["limit"] == 10_000


def test_pages_follow_each_other(api: FloodMonitoringApi) -> None:
    path = f"/id/stations/{GAUGE}/readings"
    whole = items(api, path, "_limit=900")

    pages = [items(api, path, f"_limit=300&_offset={n}") for n in (0, 300, 600)]

    assert [item for page in pages for item in page] == whole
    assert meta(api, path, "_limit=300&_offset=300")["offset"] == 300


def test_since_is_exclusive_and_a_bare_date_is_midnight(
    api: FloodMonitoringApi,
) -> None:
    path = f"/id/measures/{LEVEL}/readings"

    later = items(api, path, "since=2026-03-29T22:45:00Z")
    day = items(api, path, "since=2026-03-29")

    assert [item["dateTime"] for item in later] == [
        "2026-03-29T23:00:00Z",
        "2026-03-29T23:15:00Z",
        "2026-03-29T23:30:00Z",
        "2026-03-29T23:45:00Z",
    ]
    assert day[0]["dateTime"] == "2026-03-29T00:15:00Z"


def test_startdate_and_enddate_are_whole_days(api: FloodMonitoringApi) -> None:
    path = f"/id/measures/{LEVEL}/readings"

    found = items(api, path, "startdate=2026-03-28&enddate=2026-03-29&_sorted")

    times = [item["dateTime"] for item in found]
    assert times[0] == "2026-03-29T23:45:00Z"
    assert times[-1] == "2026-03-28T00:00:00Z"
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("query", ["today", "date=2026-03-28"])
def test_days_come_in_no_order(api: FloodMonitoringApi, query: str) -> None:
    api.now = DEFAULT_NOW - timedelta(hours=1)

    found = items(api, f"/id/measures/{LEVEL}/readings", query)

    times = [item["dateTime"] for item in found]
    assert len(times) > 85
    assert times not in (sorted(times), sorted(times, reverse=True))


def test_latest_is_one_a_measure(api: FloodMonitoringApi) -> None:
    found = items(api, "/data/readings", "latest")

    assert len(found) == len({item["measure"] for item in found}) == 26
    assert "limit" not in meta(api, "/data/readings", "latest")


def test_filters_choose(api: FloodMonitoringApi) -> None:
    def names(query: str) -> list[str]:
        return [item["notation"] for item in items(api, "/id/stations", query)]

    assert names("riverName=Pyl%20Brook") == ["4045TH", "4063TH-thames"]
    assert names("town=Ewell") == ["3350TH"]
    assert names("stationReference=4070TH") == ["4070TH", "4070TH-southern"]
    assert names("RLOIid=7333") == []
    assert names("search=kingston") == ["3390TH", "4080TH", "3400TH"]
    assert names("parameter=rainfall") == ["286392TP", "287141TP"]
    assert names("parameterName=Flow") == ["3390TH", "3400TH"]
    assert names("qualifier=1") == ["4171TH-thames", "4171TH-southern"]
    assert names("lat=51.406&long=-0.302&dist=1") == ["3390TH"]
    assert names("catchmentName=Nowhere") == []
    assert len(names("status=Active")) == 21
    readings = items(api, "/data/readings", "stationReference=4070TH&latest")
    assert len(readings) == 2
    assert len(items(api, f"/id/stations/{GAUGE}/measures", "parameter=flow")) == 1
    assert len(items(api, "/id/measures", "stationReference=3400TH")) == 2


def test_the_dirt_of_descriptions(api: FloodMonitoringApi) -> None:
    full = {i["notation"]: i for i in items(api, "/id/stations", "_view=full")}
    plain = {i["notation"]: i for i in items(api, "/id/stations")}

    assert isinstance(full["3390TH"]["label"], list)
    assert isinstance(full["3369TH"]["town"], list)
    assert isinstance(full["3404TH"]["status"], list)
    assert isinstance(full["4045TH"]["dateOpened"], list)
    assert isinstance(full["4063TH-thames"]["measures"], dict)
    assert isinstance(full["3390TH"]["stageScale"], dict)
    assert isinstance(full["4150TH"]["stageScale"], str)
    assert isinstance(plain["3390TH"]["stageScale"], str)
    assert full["3390TH"]["datumOffset"] == 14.0
    assert "label" not in full["286392TP"]
    assert isinstance(items(api, f"/id/stations/{GAUGE}"), dict)
    measures = {i["notation"]: i for i in items(api, "/id/measures")}
    latest = {name: m.get("latestReading") for name, m in measures.items()}
    assert isinstance(latest[LEVEL], dict)
    assert isinstance(latest["4040TH-level-stage-i-15_min-mASD"], str)
    assert latest["4150TH-level-stage-i-15_min-mASD"] is None
    assert {m["unitName"] for m in measures.values()} >= {"---", "V", "mASD", "mAOD"}


def test_the_dirt_of_readings() -> None:
    world = World()
    end = DEFAULT_NOW
    start = end - timedelta(days=27)

    seen = [o for m in world.measures for o in world.observations(m, start, end, end)]

    kinds = {o.kind for o in seen}
    assert kinds == set(Kind) - {Kind.MISSING}
    assert any(isinstance(o.value, list) for o in seen)
    assert any(isinstance(o.value, str) and "|" in o.value for o in seen)
    assert -32.768 in {o.value for o in seen if o.is_clean}
    stale = "4159TH-level-stage-i-15_min-mASD"
    newest = max(o.observed_at for o in seen if o.measure_id == stale)
    assert end - newest > timedelta(days=19)
    quarter_hours = 27 * 96
    assert len([o for o in seen if o.measure_id == LEVEL]) < quarter_hours


def test_the_datum_trap() -> None:
    world = World(dirty=False)
    end = DEFAULT_NOW
    start = end - timedelta(hours=1)

    above_stage = world.observations(LEVEL, start, end, end)
    above_sea = world.observations(LEVEL.replace("mASD", "mAOD"), start, end, end)

    for stage, sea in zip(above_stage, above_sea, strict=True):
        assert sea.value == pytest.approx(float(str(stage.value)) + 14.0)


def test_a_world_is_the_same_each_time() -> None:
    def values(world: World) -> list[Any]:
        span = (DEFAULT_NOW - timedelta(days=2), DEFAULT_NOW, DEFAULT_NOW)
        return [o.value for o in world.observations(LEVEL, *span)]

    assert values(World()) == values(World())
    assert values(World()) != values(World(seed=1))


def test_batches_arrive_late_and_values_are_corrected() -> None:
    world = World(dirty=False)
    batch = "4139TH-level-stage-i-15_min-mASD"
    at = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
    hour = (at, at + timedelta(hours=1))

    def seen(measure: str, now: datetime) -> list[Any]:
        return [o.value for o in world.observations(measure, *hour, now)]

    assert seen(batch, at + timedelta(hours=5)) == []
    assert len(seen(batch, at + timedelta(hours=7))) == 4
    world.hold_back(LEVEL, *hour, until=at + timedelta(days=2))
    assert seen(LEVEL, at + timedelta(days=1)) == []
    assert len(seen(LEVEL, at + timedelta(days=2))) == 4
    world.correct(LEVEL, at, 9.9, since=at + timedelta(days=3))
    assert seen(LEVEL, at + timedelta(days=3))[0] == 9.9


def test_only_28_days_are_kept_and_an_archive_of_a_year(
    api: FloodMonitoringApi,
) -> None:
    assert items(api, "/data/readings", "date=2026-02-27") == []

    def archived(name: str) -> list[dict[str, str]]:
        reply = api.answer(f"{PREFIX}/archive/{name}.csv")
        assert reply.status == 200
        return list(csv.DictReader(io.StringIO(reply.body.decode())))

    assert list(archived("readings-2026-02-27")[0]) == ["dateTime", "measure", "value"]
    assert "stationReference" in archived("readings-full-2026-02-27")[0]
    for name in ("readings-2025-03-01", "readings-2026-03-30", "readings-yesterday"):
        assert api.answer(f"{PREFIX}/archive/{name}.csv").status == 404


def test_csv_is_to_be_had(api: FloodMonitoringApi) -> None:
    by_suffix = api.answer(f"{PREFIX}/data/readings.csv", "latest")
    by_header = api.answer(f"{PREFIX}/data/readings", "latest", "text/csv")

    assert by_suffix == by_header
    assert by_suffix.content_type.startswith("text/csv")


def test_floods_carry_times_without_a_zone(api: FloodMonitoringApi) -> None:
    (flood,) = items(api, "/id/floods")

    assert flood["timeRaised"] == "2026-03-29T15:00:00"
    assert items(api, "/id/floodAreas")[0]["notation"] == "061WAF23Hampton"


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/id/stations/nowhere", "", 404),
        ("/id/stations/nowhere/readings", "", 404),
        ("/id/measures/nowhere", "", 404),
        ("/id/readings", "", 404),
        ("/data/measures", "", 404),
        ("/nonsense", "", 404),
        ("/data/readings", "date=2026-03-29&since=2026-03-29", 400),
        ("/data/readings", "since=yesterday", 400),
        ("/data/readings", "startdate=2026-03-29", 400),
        ("/data/readings", "date=29/03/2026", 400),
        ("/data/readings", "_limit=many", 400),
        ("/id/stations", "lat=51", 400),
        ("/id/stations", "lat=north&long=1&dist=1", 400),
    ],
)
def test_errors_are_html_pages(
    api: FloodMonitoringApi, path: str, query: str, status: int
) -> None:
    reply = api.answer(PREFIX + path, query)

    assert reply.status == status
    assert reply.content_type.startswith("text/html")


def test_another_root_is_another_site(api: FloodMonitoringApi) -> None:
    assert api.answer("/id/stations").status == 404


# --- the server and its bad days ---------------------------------------------------


def get(server: ReplayServer, path: str = "/id/stations", **more: Any) -> Any:
    """Ask the server."""
    return requests.get(server.url + path, timeout=more.pop("timeout", 5), **more)


def test_a_well_behaved_server_answers_and_remembers(flood_api: ReplayServer) -> None:
    reply = get(flood_api, headers={"User-Agent": "me"})

    assert reply.status_code == 200
    assert len(reply.json()["items"]) == 21
    assert flood_api.requests[0].path.endswith("/id/stations")
    assert flood_api.requests[0].headers["User-Agent"] == "me"


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.RATE_LIMIT_SECONDS, 429),
        (Fault.RATE_LIMIT_DATE, 429),
        (Fault.UNAVAILABLE, 503),
        (Fault.SERVER_ERROR, 500),
        (Fault.HTML, 200),
    ],
)
def test_it_fails_as_often_as_it_was_told(
    flood_api: ReplayServer, fault: Fault, status: int
) -> None:
    flood_api.misbehave(fault, times=2, retry_after_s=30)

    replies = [get(flood_api) for _ in range(3)]

    assert [r.status_code for r in replies] == [status, status, 200]
    assert replies[0].headers["Content-Type"].startswith("text/html")
    if status == 429:
        after = replies[0].headers["Retry-After"]
        assert after == "30" or after.endswith("GMT")


def test_a_reply_is_cut(flood_api: ReplayServer) -> None:
    flood_api.misbehave(Fault.CUT_CONNECTION)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(flood_api)

    flood_api.misbehave(Fault.TRUNCATED_JSON)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        get(flood_api).json()


def test_a_reply_drips_or_never_comes(flood_api: ReplayServer) -> None:
    flood_api.misbehave(Fault.HANG)
    with pytest.raises(requests.exceptions.ReadTimeout):
        get(flood_api, timeout=0.2)

    flood_api.misbehave(Fault.SLOW_DRIP)
    with get(flood_api, stream=True) as reply:
        assert len(next(reply.iter_content(1))) == 1


def test_pages_repeat_and_shrink(flood_api: ReplayServer) -> None:
    path = f"/id/stations/{GAUGE}/readings?_limit=100&_offset="
    first, second = (get(flood_api, path + n).json()["items"] for n in ("0", "100"))

    flood_api.misbehave(Fault.REPEATED_PAGE, times=None)
    assert get(flood_api, path + "100").json()["items"] == first
    flood_api.behave()
    flood_api.misbehave(Fault.SHRINKING_PAGES, times=None)
    assert get(flood_api, path + "0").json()["items"] == first
    assert get(flood_api, path + "100").json()["items"][0] == second[3]
    flood_api.behave()
    flood_api.misbehave(Fault.EMPTY)
    assert get(flood_api, path + "0").json()["items"] == []


def test_a_fault_can_be_kept_to_a_path(flood_api: ReplayServer) -> None:
    flood_api.misbehave(Fault.UNAVAILABLE, path="/readings")

    assert get(flood_api).status_code == 200
    assert get(flood_api, f"/id/stations/{GAUGE}/readings").status_code == 503


def test_it_can_be_told_from_a_shell(flood_api: ReplayServer) -> None:
    def tell(order: Any) -> int:
        url = f"{flood_api.url}/_control"
        return requests.post(url, data=json.dumps(order), timeout=5).status_code

    assert tell({"fault": "unavailable", "times": 1}) == 200
    assert get(flood_api).status_code == 503
    assert tell({"now": "2026-03-01T00:00:00+00:00"}) == 200
    assert flood_api.now == datetime(2026, 3, 1, tzinfo=UTC)
    assert tell({"fault": "html", "times": None}) == 200
    assert tell({"behave": True}) == 200
    assert get(flood_api).status_code == 200
    for order in ({"fault": "nonsense"}, {}, [], {"now": "2026-03-01T00:00:00"}):
        assert tell(order) == 400
    assert requests.post(f"{flood_api.url}/x", timeout=5).status_code == 404
    assert flood_api.world is flood_api.api.world
