"""Proofs of docs/transformation/python.md."""

import datetime as dt
import json
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import polars.exceptions
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guidance.engines import EngineError
from guidance.engines.child import Child
from guidance.engines.spark import spark
from guidance.evidence import load_example, regions, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import DOCS, EXAMPLES, ROOT

HERE = "transformation/python"
ON_SPARK = EXAMPLES / HERE / "spark"
SPARK_OF_GLUE = ROOT / "src" / "guidance" / "engines" / "spark35"
KEY = ["station_id", "local_date"]


def example(name: str) -> Any:
    """Load an example of this page."""
    return load_example(f"{HERE}/{name}.py")


def pair(good: str, wrong: str) -> dict[str, Any]:
    """Load an example and its counter-example."""
    return {"good": example(good), "bad": example(f"wrong/{wrong}")}


# --- PY-6, PY-9: one transform, four tools --------------------------------------------


def at(text: str) -> dt.datetime:
    """Return a moment in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


READINGS = [
    ("007141", at("2026-03-28T23:45"), 0.1),
    ("007141", at("2026-03-29T00:15"), 0.2),
    ("007141", at("2026-03-29T22:45"), 0.3),
    ("007141", at("2026-03-29T23:15"), 0.4),  # already the 30th in London
    ("007141", at("2026-03-29T12:00"), None),
    ("NA", at("2026-10-25T00:30"), 1.5),  # 01:30, the first time
    ("NA", at("2026-10-25T01:30"), 2.5),  # 01:30 again
    ("gone", at("2026-10-25T12:00"), 3.0),
    (None, at("2026-10-25T12:00"), 4.0),
    (None, at("2026-10-25T13:00"), 6.0),
]
STATIONS = [("007141", "Kingston"), ("NA", "Ewell"), ("unused", "None"), (None, "nowhere")]
EXPECTED = pd.DataFrame(
    [
        ("007141", dt.date(2026, 3, 28), 1, 0.1, 0.1, "Kingston"),
        ("007141", dt.date(2026, 3, 29), 2, 0.3, 0.25, "Kingston"),
        ("007141", dt.date(2026, 3, 30), 1, 0.4, 0.4, "Kingston"),
        ("NA", dt.date(2026, 10, 25), 2, 2.5, 2.0, "Ewell"),
        ("gone", dt.date(2026, 10, 25), 1, 3.0, 3.0, None),
        (None, dt.date(2026, 10, 25), 2, 6.0, 5.0, None),
    ],
    columns=[*KEY, "readings", "highest_m", "average_m", "name"],
)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A folder with ``readings.parquet`` and ``stations.csv``."""
    ids, times, levels = zip(*READINGS, strict=True)
    readings = pa.table(
        {
            "station_id": pa.array(ids, pa.string()),
            "observed_at": pa.array(times, pa.timestamp("us", tz="UTC")),
            "level_m": pa.array(levels, pa.float64()),
        }
    )
    pq.write_table(readings, tmp_path / "readings.parquet")
    lines = [f"{number or ''},{name}" for number, name in STATIONS]
    text = "\n".join(["station_id,name", *lines]) + "\n"
    (tmp_path / "stations.csv").write_text(text, "utf-8")
    return tmp_path


def stations_of(folder: Path) -> pd.DataFrame:
    """Read the stations with the page's reader."""
    return pd.DataFrame(example("people").read_people(folder / "stations.csv"))


def by_pandas(folder: Path) -> pd.DataFrame:
    readings = pd.read_parquet(folder / "readings.parquet")
    return pd.DataFrame(example("levels_pandas").daily_levels(readings, stations_of(folder)))


def by_polars(folder: Path) -> pd.DataFrame:
    readings = pl.scan_parquet(folder / "readings.parquet")
    stations = pl.from_pandas(stations_of(folder)).lazy()
    days = example("levels_polars").daily_levels(readings, stations)
    return pd.DataFrame(days.collect().to_pandas())


def by_duckdb(folder: Path) -> pd.DataFrame:
    with duckdb.connect() as connection:
        path = folder / "readings.parquet"
        connection.read_parquet(str(path)).create_view("readings")
        connection.register("stations", stations_of(folder))
        return pd.DataFrame(example("levels_duckdb").daily_levels(connection).df())


def comparable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the types that all tools can give."""
    return frame.astype({"station_id": "str", "name": "str", "readings": "int64"}).assign(
        local_date=pd.to_datetime(frame["local_date"]).astype("datetime64[us]")
    )


@pytest.mark.rule("PY-6", "PY-9")
@pytest.mark.parametrize("tool", [by_pandas, by_polars, by_duckdb])
def test_every_tool_gives_the_same_days(
    tool: Callable[[Path], pd.DataFrame], sample: Path
) -> None:
    found = comparable(tool(sample))

    assert len(found) == len(EXPECTED)
    example("compare").assert_same_rows(comparable(EXPECTED), found, KEY)


def test_a_difference_is_noticed() -> None:
    check = example("compare").assert_same_rows
    frame = comparable(EXPECTED)

    with pytest.raises(AssertionError, match="average_m"):
        check(frame, frame.assign(average_m=frame["average_m"] * 1.001), KEY)
    with pytest.raises(AssertionError, match="dtype"):
        check(frame, frame.assign(readings=frame["readings"].astype("int32")), KEY)
    assert check(frame, frame.assign(average_m=frame["average_m"] * (1 + 1e-12)), KEY) is None


@pytest.mark.rule("PY-7")
def test_every_tool_refuses_a_gauge_that_is_listed_twice(sample: Path) -> None:
    with (sample / "stations.csv").open("a", encoding="utf-8") as file:
        file.write("NA,Ewell again\n")

    with pytest.raises(pd.errors.MergeError, match="not a many-to-one merge"):
        by_pandas(sample)
    with pytest.raises(polars.exceptions.ComputeError, match="did not fulfill m:1"):
        by_polars(sample)
    with pytest.raises(ValueError, match="listed twice") as refused:
        by_duckdb(sample)
    assert str(refused.value) == "listed twice: [('NA',)]"


# --- PY-8: Spark ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def on_spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """One session for the tests of this module."""
    try:
        engine = spark(ON_SPARK, tmp_path_factory.mktemp("spark"))
        with engine as running:
            yield running
    except EngineError as error:
        pytest.skip(str(error))


def by_spark(engine: Child, folder: Path) -> pd.DataFrame:
    """Run the page's job on files; return what it wrote, which is one file."""

    def job(example: Any) -> list[str]:
        import os

        example.run("levels", "readings.parquet", "stations.csv", "days")
        return [name for name in os.listdir("days") if name.endswith(".parquet")]

    for name in ("readings.parquet", "stations.csv"):
        (engine.folder / name).write_bytes((folder / name).read_bytes())
    written = engine.run(job, ON_SPARK / "levels_spark.py")
    assert len(written) == 1
    return pd.read_parquet(engine.folder / "days" / written[0])


@pytest.mark.rule("PY-8", "PY-9")
def test_spark_gives_the_same_days(on_spark: Child, sample: Path) -> None:
    found = comparable(by_spark(on_spark, sample))

    assert len(found) == len(EXPECTED)
    example("compare").assert_same_rows(comparable(EXPECTED), found, KEY)


@pytest.mark.audit
def test_the_spark_of_glue_gives_the_same_days(sample: Path, tmp_path: Path) -> None:
    folder = tmp_path / "glue"
    folder.mkdir()
    try:
        with spark(SPARK_OF_GLUE, folder) as engine:
            found = comparable(by_spark(engine, sample))
    except EngineError as error:
        pytest.skip(str(error))

    assert len(found) == len(EXPECTED)
    example("compare").assert_same_rows(comparable(EXPECTED), found, KEY)


@pytest.mark.rule("PY-7", "PY-8")
def test_spark_refuses_a_gauge_that_is_listed_twice(on_spark: Child) -> None:
    def job(example: Any) -> str:
        spark = example.session("levels")
        stations = spark.createDataFrame([("NA", "Ewell"), ("NA", "Ewell again")])
        stations = stations.toDF("station_id", "name")
        try:
            example.daily_levels(stations, stations)
        except ValueError as error:
            return str(error)
        return "accepted"

    said = on_spark.run(job, ON_SPARK / "levels_spark.py")

    assert said == "listed twice: [Row(station_id='NA', count=2)]"


@pytest.mark.rule("PY-8")
def test_spark_reads_what_the_schema_says(on_spark: Child) -> None:
    def job(example: Any, reader: Any) -> list[Any]:
        spark = example.session("levels")
        with open("ids.csv", "w") as file:
            file.write("station_id,name\n007141,Kingston\n")
        return [row.station_id for row in reader.read_stations(spark, "ids.csv").collect()]

    def keeps_zeros(name: str) -> None:
        files = (ON_SPARK / "levels_spark.py", ON_SPARK / name)
        assert on_spark.run(job, *files) == ["007141"]

    twins(
        keeps_zeros,
        good="levels_spark.py",
        bad="wrong/guesses_types.py",
        harm=r"\[7141\] == \['007141'\]",
    )


@pytest.mark.rule("PY-8")
def test_spark_stops_at_what_is_no_number(on_spark: Child) -> None:
    def job(example: Any, parser: Any) -> str:
        spark = example.session("levels")
        spark.conf.set("spark.sql.ansi.enabled", "true")
        texts = spark.createDataFrame([("0.44",), ("n/a",)]).toDF("text")
        try:
            rows = parser.levels(texts).collect()
        except Exception as error:
            return str(error)
        return f"no error: {[row.level_m for row in rows]}"

    def stops(name: str) -> None:
        said = on_spark.run(job, ON_SPARK / "levels_spark.py", ON_SPARK / name)
        assert "CAST_INVALID_INPUT" in said, said

    twins(
        stops,
        good="readings_text.py",
        bad="wrong/casts_to_nothing.py",
        harm=r"no error: \[0.44, None\]",
    )


# --- PY-2: reading --------------------------------------------------------------------


@pytest.mark.rule("PY-2")
@pytest.mark.parametrize(
    ("column", "harm"),
    [("surname", "nan == 'NA'"), ("account", "7141 == '007141'")],
)
def test_text_stays_what_it_was(tmp_path: Path, column: str, harm: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text("account,surname,phone\n007141,NA,\n", "utf-8")
    given = {"account": "007141", "surname": "NA"}

    def keeps_it(module: Any) -> None:
        row = module.read_people(path).to_dict("records")[0]
        assert row[column] == given[column]

    modules = pair("people", "reads_by_default")
    twins(keeps_it, **modules, harm=harm)
    assert modules["good"].read_people(path)["phone"].isna().all()


# --- PY-3: whole columns --------------------------------------------------------------


@pytest.mark.rule("PY-3")
def test_an_id_keeps_its_last_digit() -> None:
    levels = pd.DataFrame(
        {"reading_id": [2**53 + 1, 7], "level_m": [0.9, 0.1], "typical_high_m": [0.5, 0.5]}
    )

    def finds_it(module: Any) -> None:
        found = module.above_range(levels)["reading_id"].tolist()
        assert found == [9007199254740993]

    twins(
        finds_it,
        **pair("above", "row_by_row"),
        harm=r"\[9007199254740992\] == \[9007199254740993\]",
    )


# --- PY-4: copies ---------------------------------------------------------------------


@pytest.mark.rule("PY-4")
@pytest.mark.filterwarnings("ignore::pandas.errors.ChainedAssignmentError")
def test_a_sentinel_is_taken_out_of_the_copy_alone() -> None:
    levels = pd.DataFrame({"level_m": [0.44, -99.0]})

    def takes_it_out(module: Any) -> None:
        cleaned = module.without_sentinels(levels)
        assert cleaned["level_m"].min() == 0.44
        assert levels["level_m"].tolist() == [0.44, -99.0]

    modules = pair("sentinels", "chained_assignment")
    twins(takes_it_out, **modules, harm=r"-99.0.* == 0.44")
    with pytest.warns(pd.errors.ChainedAssignmentError):
        modules["bad"].without_sentinels(levels)


# --- PY-5: clocks ---------------------------------------------------------------------


@pytest.mark.rule("PY-5")
def test_londons_summer_is_an_hour_earlier_in_utc() -> None:
    times = pd.Series(pd.to_datetime(["2026-07-01 12:00"]))

    def converts(module: Any) -> None:
        assert module.to_utc(times)[0].isoformat() == "2026-07-01T11:00:00+00:00"

    twins(converts, **pair("clocks", "takes_london_for_utc"), harm="12:00:00.* == .*11:00")


@pytest.mark.rule("PY-5")
def test_the_hour_that_comes_twice_and_the_one_that_never_comes() -> None:
    to_utc = example("clocks").to_utc
    twice = ["2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 01:30", "2026-10-25 02:30"]

    found = to_utc(pd.Series(pd.to_datetime(twice)))

    assert [moment.hour for moment in found] == [23, 0, 1, 2]
    with pytest.raises(ValueError, match="2026-03-29 01:30:00 is a nonexistent time"):
        to_utc(pd.Series(pd.to_datetime(["2026-03-29 01:30"])))
    with pytest.raises(ValueError, match="as there are no repeated times"):
        to_utc(pd.Series(pd.to_datetime(["2026-10-25 01:30"])))


# --- PY-7: joins ----------------------------------------------------------------------

REPORTS = pd.DataFrame(
    {"report_id": [1, 2, 3, 4], "ward_code": ["E05013928", "E05013929", None, None]}
)


@pytest.mark.rule("PY-7")
@pytest.mark.parametrize(
    ("extra", "harm"),
    [("E05013928", "5 reports of 4"), (None, "2 reports without a ward got one")],
    ids=["listed twice", "null matches null"],
)
def test_a_join_neither_doubles_nor_invents(extra: str | None, harm: str) -> None:
    wards = pd.DataFrame(
        {
            "ward_code": ["E05013928", "E05013929", extra],
            "ward": ["Alexandra", "Berrylands", "Somewhere"],
        }
    )

    def is_sound(module: Any) -> None:
        try:
            found = module.with_wards(REPORTS, wards)
        except pd.errors.MergeError:
            found = module.with_wards(REPORTS, wards.iloc[:2])
        assert len(found) == 4, f"{len(found)} reports of 4"
        invented = found.loc[found["ward_code"].isna(), "ward"].notna().sum()
        assert invented == 0, f"{invented} reports without a ward got one"
        assert set(found.columns) == {"report_id", "ward_code", "ward"}

    twins(is_sound, **pair("joining", "join_explodes"), harm=harm)


@pytest.mark.rule("PY-7")
def test_a_ward_that_is_not_listed_is_said() -> None:
    with_wards = example("joining").with_wards
    wards = pd.DataFrame({"ward_code": ["E05013928"], "ward": ["Alexandra"]})

    with pytest.raises(ValueError, match="no such ward") as refused:
        with_wards(REPORTS, wards)
    assert str(refused.value) == "no such ward: E05013929"


# --- PY-10: money ---------------------------------------------------------------------


@pytest.mark.rule("PY-10")
def test_three_times_ten_pence() -> None:
    amounts = pd.Series(["0.10"] * 3)

    def is_thirty_pence(module: Any) -> None:
        assert str(module.total(amounts)) == "0.30"

    modules = pair("money", "money_in_floats")
    twins(is_thirty_pence, **modules, harm="'0.3000+4' == '0.30'")
    with pytest.raises(pa.ArrowInvalid, match="would cause data loss"):
        modules["good"].total(pd.Series(["0.105"]))
    assert modules["good"].total(amounts) == Decimal("0.3")


# --- PY-1: what was measured ----------------------------------------------------------


def test_the_table_is_what_was_measured() -> None:
    page = (DOCS / "transformation" / "python.md").read_text("utf-8")
    measured = json.loads((ROOT / "benchmarks" / "dataframes.json").read_text("utf-8"))
    cells: dict[str, list[str]] = {}
    for run in measured["results"]:
        cell = f"{run['cpu_s']:.1f} s, {run['peak_mb']:,} MB"
        cells.setdefault(run["tool"], []).append(cell)

    assert len(cells) == 4
    for tool, row in cells.items():
        assert f"| {tool} | {' | '.join(row)} |" in page
    told = f"on {measured['date']} at commit `{measured['commit']}`, on {measured['machine']}"
    assert told in " ".join(page.split())


def test_the_lock_brings_the_spark_that_is_named() -> None:
    ref = f"examples/{HERE}/spark/pyproject.toml"
    done = subprocess.run(
        ["uv", "export", "--frozen", "--no-hashes", "--quiet", "--project", str(ON_SPARK)],
        capture_output=True,
        text=True,
        check=True,
    )
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, "uv"))

    assert "\npyspark==4.3.0\n" in done.stdout
    assert 'requires-python = ">=3.12,<3.15"' in regions.find(ref).text
