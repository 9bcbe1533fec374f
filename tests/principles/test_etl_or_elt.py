"""Proofs of docs/principles/etl-or-elt.md."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from guidance.evidence import load_example, regions, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES

HERE = "principles/etl-or-elt"
FOLDER = EXAMPLES / HERE
ITEMS: list[dict[str, str]] = json.loads((FOLDER / "readings.json").read_text("utf-8"))
SECRET = b"made up for this test"


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A new database, each statement a transaction."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def pair(good: str, wrong: str) -> dict[str, Any]:
    """Load an example and its counter-example."""
    return {
        "good": load_example(f"{HERE}/{good}.py"),
        "bad": load_example(f"{HERE}/wrong/{wrong}.py"),
    }


def test_both_routes_come_to_the_same(database: psycopg.Connection[Any]) -> None:
    database.execute("CREATE TABLE raw_readings (station text, at text, value text)")
    with database.cursor().copy("COPY raw_readings FROM STDIN") as copy:
        for item in ITEMS:
            copy.write_row((item["station"], item["at"], item["value"]))
    database.execute((FOLDER / "elt.sql").read_text("utf-8"))

    by_elt = database.execute("SELECT * FROM daily_by_elt ORDER BY station, day").fetchall()
    by_etl = load_example(f"{HERE}/etl.py").daily(ITEMS)

    assert by_elt == by_etl
    # Three days in UTC are four in London: the clocks go forward on the second.
    assert len(by_etl) == 8
    assert sum(row[2] for row in by_etl) == len(ITEMS) - 2


# --- ELT-1: people -------------------------------------------------------------------

PEOPLE = [
    # Ofcom's numbers for drama, example.org, and UPRNs that nobody has.
    (1, "Ann Example", "ann@example.org", "020 7946 0001", "999999999901", "Tolworth"),
    (2, "Bob Example", "bob@example.org", "020 7946 0002", "999999999901", "Tolworth"),
    (3, "Cleo Example", "cleo@example.org", "020 7946 0003", "999999999903", "Ewell"),
]


@pytest.fixture
def source(database: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """A source with people in it."""
    database.execute(
        "CREATE TABLE flood_reports (report_id int, name text, email text, phone text,"
        " uprn text, ward text, reported_on date)"
    )
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO flood_reports VALUES (%s, %s, %s, %s, %s, %s, '2026-03-01')", PEOPLE
        )
    return database


def versions(s3: Any, bucket: str, key: str) -> list[bytes]:
    """Return all that a bucket holds under a key, versions included."""
    found = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    return [
        s3.get_object(Bucket=bucket, Key=key, VersionId=each["VersionId"])["Body"].read()
        for each in found
    ]


def empty(s3: Any, bucket: str) -> None:
    """Remove every version: a bucket with versions cannot be deleted."""
    for each in s3.list_object_versions(Bucket=bucket).get("Versions", []):
        s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])


@pytest.mark.rule("ELT-1")
def test_what_never_landed_is_nowhere(
    source: psycopg.Connection[Any], s3: Any, bucket: str
) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    key = "raw/flood_reports/window_start=2026-03-01.json"

    def holds_nobody(module: Any) -> None:
        empty(s3, bucket)
        module.collect(source, s3, bucket, key, SECRET)
        now = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert b"@" not in now
        kept = versions(s3, bucket, key)
        held = [person[2] for person in PEOPLE if any(person[2].encode() in b for b in kept)]
        assert held == [], f"an old version of {len(kept)} still holds {', '.join(held)}"

    modules = pair("collect", "drops_it_later")
    twins(holds_nobody, **modules, harm="an old version of 2 still holds ann@example.org")
    empty(s3, bucket)
    modules["good"].collect(source, s3, bucket, key, SECRET)
    rows = json.loads(versions(s3, bucket, key)[0])
    empty(s3, bucket)
    assert [row["report_id"] for row in rows] == [1, 2, 3]
    # One household is one household still, and nobody knows which.
    assert rows[0]["household"] == rows[1]["household"] != rows[2]["household"]
    assert "999999999901" not in json.dumps(rows)


@pytest.mark.rule("ELT-1")
def test_people_are_found_under_any_name() -> None:
    rows = [
        {"report_id": 1, "contact": "ann@example.org", "ward": "Tolworth"},
        {"report_id": 2, "contact": "020 7946 0002", "ward": "Ewell"},
        {"report_id": 3, "notes": "water at KT1 1EU, up to the door", "ward": "Ewell"},
    ]

    def finds_them(module: Any) -> None:
        found = {line.partition(":")[0] for line in module.forbidden(rows)}
        assert found == {"contact", "notes"}, f"finds {sorted(found)}"

    modules = pair("forbidden", "names_only")
    good = modules["good"].forbidden
    assert good(rows) == [
        "contact: holds a phone number",
        "contact: holds an e-mail address",
        "notes: holds a postcode",
    ]
    assert good([{"home_uprn": 1, "e_mail": "", "filename": "a"}]) == [
        "e_mail: by its name",
        "home_uprn: by its name",
    ]
    twins(finds_them, **modules, harm=r"finds \[\]")


@pytest.mark.rule("ELT-1")
def test_what_is_collected_passes_the_search(
    source: psycopg.Connection[Any], s3: Any, bucket: str
) -> None:
    load_example(f"{HERE}/collect.py").collect(source, s3, bucket, "raw/a.json", SECRET)
    rows = json.loads(s3.get_object(Bucket=bucket, Key="raw/a.json")["Body"].read())

    assert load_example(f"{HERE}/forbidden.py").forbidden(rows) == []


# --- ELT-2, ELT-3, ELT-4: where a rule lives -----------------------------------------


def new_tables(database: psycopg.Connection[Any]) -> None:
    """Make the tables of both loads, empty."""
    database.execute("DROP TABLE IF EXISTS readings, quarantine, raw_readings")
    database.execute("CREATE TABLE readings (station text, at timestamptz, value numeric)")
    database.execute("CREATE TABLE quarantine (item text, reason text)")
    database.execute("CREATE TABLE raw_readings (station text, at text, value text)")


@pytest.mark.rule("ELT-2")
def test_one_bad_value_costs_one_row(database: psycopg.Connection[Any]) -> None:
    def still_has_a_mean(module: Any) -> None:
        new_tables(database)
        module.load(database, ITEMS)
        try:
            mean = str(module.mean(database))
        except psycopg.Error as error:
            mean = str(error).partition("\n")[0]
        assert mean.startswith("0."), f"72 rows, and the mean is: {mean}"

    # As long as every value is a number, both say the same: nobody notices in a review.
    clean = [item for item in ITEMS if item["value"] not in {"", "n/a"}]
    assert (len(ITEMS), len(clean)) == (72, 70)
    modules = pair("load", "casts_in_the_model")
    means = []
    for module in modules.values():
        new_tables(database)
        module.load(database, clean)
        means.append(module.mean(database))
    assert means[0] == means[1]
    twins(
        still_has_a_mean,
        **modules,
        harm='72 rows, and the mean is: invalid input syntax for type numeric: "n/a"',
    )
    load_example(f"{HERE}/load.py").load(database, ITEMS)
    aside = database.execute("SELECT count(*) FROM quarantine").fetchone()
    assert aside == (2,)


@pytest.mark.rule("ELT-3")
def test_the_tree_sends_each_rule_to_one_place() -> None:
    module = load_example("principles/architecture/trees.py")
    ref = "examples/principles/architecture/decisions/place.yml"
    place = module.read(EXAMPLES / "principles/architecture/decisions/place.yml")
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, "trees.py"))

    assert module.faults(place) == []
    python = {"personal": "no", "form": "geometry or files"}
    assert module.decide(place, python) == "python"
    assert module.decide(place, python | {"personal": "yes"}) == "extract"


@pytest.mark.rule("ELT-4")
def test_a_rule_changes_in_one_place(database: psycopg.Connection[Any]) -> None:
    database.execute("CREATE TABLE daily (station text, day date, max_m numeric)")
    database.execute((FOLDER / "one_place.sql").read_text("utf-8"))
    database.execute("INSERT INTO thresholds VALUES ('3390TH', 0.6)")
    database.execute(
        "INSERT INTO daily SELECT '3390TH', date '2026-03-01' + n, 0.5 + 0.1 * n"
        " FROM generate_series(0, 4) AS n"
    )

    def agrees_with_the_report(module: Any) -> None:
        database.execute("UPDATE thresholds SET high_m = 0.6")
        assert module.high_days(database) == 4
        database.execute("UPDATE thresholds SET high_m = 0.8")
        report = database.execute("SELECT count(*) FROM high_days").fetchone()
        said = module.high_days(database)
        assert report == (said,), f"the report says {report and report[0]}, the alert {said}"

    twins(
        agrees_with_the_report,
        **pair("alerts", "knows_better"),
        harm="the report says 2, the alert 4",
    )
