"""Proofs of docs/extraction/database.md."""

import datetime as dt
import io
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import psycopg
import pytest

from guidance.engines import AwsEngine, PostgresServer
from guidance.evidence import load_example, twins, validate_schema
from guidance.paths import EXAMPLES, ROOT

HERE = "extraction/database"
FOLDER = EXAMPLES / HERE
UTC = dt.UTC
NOON = dt.datetime(2026, 11, 2, 12, tzinfo=UTC)
ROWS = 500
PASSWORD = secrets.token_hex(8)
Connection = psycopg.Connection[Any]


def sql_of(name: str) -> str:
    """Return the text of a SQL example."""
    return (FOLDER / name).read_text("utf-8")


def example(name: str) -> Any:
    """Load an example of this page."""
    return load_example(f"{HERE}/{name}.py")


def pair(good: str, wrong: str) -> dict[str, Any]:
    """Load an example and its counter-example."""
    return {"good": example(good), "bad": example(f"wrong/{wrong}")}


# --- a source that others write to, and a target of ours ------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of this file alone: its role has a fixed name."""
    with PostgresServer() as server:
        yield server


class Source:
    """The council's case system: its owner writes, and we read."""

    def __init__(self, server: PostgresServer, stamps: str = "stamps.sql") -> None:
        self.server = server
        self.url = server.create_database()
        self.owner = psycopg.connect(self.url, autocommit=True)
        self.owner.execute(sql_of("source.sql"))
        self.owner.execute(sql_of(stamps))

    def let_in(self, role: str = "reader_role.sql") -> str:
        """Make the reader's role and return its URL."""
        with psycopg.connect(self.server.url, autocommit=True) as admin:
            found = admin.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = 'flood_reports_reader'"
            )
            if found.fetchone():
                for (name,) in admin.execute(
                    "SELECT datname FROM pg_database WHERE datname LIKE 'db_%'"
                ).fetchall():
                    with psycopg.connect(
                        self.server.database_url(name), autocommit=True
                    ) as other:
                        other.execute("DROP OWNED BY flood_reports_reader")
                admin.execute("DROP ROLE flood_reports_reader")
        self.owner.execute(sql_of(role))
        self.owner.execute(f"ALTER ROLE flood_reports_reader PASSWORD '{PASSWORD}'")
        return self.url.replace(
            f"postgres:{self.server.password}", f"flood_reports_reader:{PASSWORD}"
        )

    def fill(self, rows: int = ROWS) -> None:
        """Put invented reports in; the identity goes on behind them."""
        example("flood_reports").fill(self.owner, rows)
        self.owner.execute(
            "SELECT setval('casework.flood_reports_report_id_seq', %s)", (max(rows, 1),)
        )

    def copies(self, by: Connection, changes: str = "") -> int:
        """Insert one more report as somebody, and return its id."""
        row = by.execute(
            "INSERT INTO casework.flood_reports (reporter_name, email, phone, ni_number,"
            " nhs_number, birth_year, uprn, postcode, ward, depth_cm, description,"
            " reported_at) SELECT reporter_name, email, phone, ni_number, nhs_number,"
            " birth_year, uprn, postcode, ward, depth_cm, description, reported_at"
            " FROM casework.flood_reports LIMIT 1 RETURNING report_id"
        ).fetchone()
        assert row is not None
        return int(row[0])

    def close(self) -> None:
        self.owner.close()
        name = self.url.rpartition("/")[2]
        with psycopg.connect(self.server.url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def source_with(server: PostgresServer, rows: int, stamps: str) -> Iterator[Source]:
    """A source for a while."""
    source = Source(server, stamps)
    try:
        source.fill(rows)
        yield source
    finally:
        source.close()


@pytest.fixture
def source(server: PostgresServer) -> Iterator[Source]:
    with source_with(server, ROWS, "stamps.sql") as source:
        yield source


@contextmanager
def target_on(server: PostgresServer) -> Iterator[Connection]:
    """An empty target in a database of its own."""
    url = server.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql_of("target.sql"))
        yield connection


@pytest.fixture
def target(server: PostgresServer) -> Iterator[Connection]:
    with target_on(server) as connection:
        yield connection


def ids_of(connection: Connection, table: str, where: str = "true") -> set[int]:
    rows = connection.execute(f"SELECT report_id FROM {table} WHERE {where}")  # type: ignore[arg-type]
    return {row[0] for row in rows}


THEIRS, OURS = "casework.flood_reports", "raw.flood_reports"


def test_the_people_are_invented_and_always_the_same() -> None:
    module = example("flood_reports")

    one, two = list(module.invent(500)), list(module.invent(500))

    assert one == two
    assert all(report.phone.startswith("07700 900") for report in one)
    assert all(report.ni_number.startswith("QQ") for report in one)
    assert all(report.nhs_number.startswith("999") for report in one)
    assert all(report.email.endswith("@example.org") for report in one)
    assert all(report.postcode.startswith("ZZ99 ") for report in one)
    assert all(report.uprn.startswith("9900") for report in one)
    assert len({report.email for report in one}) < len(one), "nobody reports twice"


# --- XDB-2: a reader that can only read -----------------------------------------------


def outcome(url: str, *statements: str) -> str:
    """Return ``done``, or the error that a login gets."""
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]
    except psycopg.Error as error:
        return str(error).splitlines()[0]
    return "done"


@pytest.mark.rule("XDB-2")
def test_a_reader_cannot_write(server: PostgresServer) -> None:
    def keeps_its_hands_off(role: str) -> None:
        with source_with(server, 3, "stamps.sql") as source:
            url = source.let_in(role)
            off = "SET default_transaction_read_only = off"
            assert "read-only" in outcome(url, "DELETE FROM casework.visits")
            outcome(url, off, "DELETE FROM casework.flood_reports")
            left = len(ids_of(source.owner, THEIRS))
            assert left == 3, f"deleted {3 - left} rows"

    twins(
        keeps_its_hands_off,
        good="reader_role.sql",
        bad="wrong/read_only_by_setting.sql",
        harm="deleted 3 rows",
    )


@pytest.mark.rule("XDB-2")
def test_a_reader_may_do_nothing_else(source: Source) -> None:
    url = source.let_in()
    off = "SET default_transaction_read_only = off"

    assert outcome(url, "SELECT report_id, ward FROM casework.flood_reports") == "done"
    assert outcome(url, "SELECT * FROM casework.visits") == "done"
    for refused in (
        "SELECT reporter_name FROM casework.flood_reports",
        "SELECT * FROM casework.flood_reports",
        "INSERT INTO casework.visits (report_id, outcome) VALUES (1, 'x')",
        "UPDATE casework.flood_reports SET ward = 'x'",
        "TRUNCATE casework.visits",
        "CREATE TABLE casework.mine (a integer)",
        "CREATE TABLE public.mine (a integer)",
    ):
        assert "permission denied" in outcome(url, off, refused), refused
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("10min",)


@pytest.mark.rule("XDB-2")
def test_queries_of_a_snapshot_see_one_moment(source: Source) -> None:
    url = source.let_in()

    def fits_together(module: Any) -> None:
        with module.snapshot(url, "test") as reader:
            known = ids_of(reader, THEIRS)
            added = source.copies(source.owner)
            source.owner.execute(
                "INSERT INTO casework.visits (report_id, outcome) VALUES (%s, 'dry')", (added,)
            )
            orphans = ids_of(reader, "casework.visits") - known
        source.owner.execute("DELETE FROM casework.visits")
        assert not orphans, f"{len(orphans)} visit without a report"

    twins(
        fits_together,
        **pair("reading", "each_query_its_own_moment"),
        harm="1 visit without a report",
    )


@pytest.mark.rule("XDB-2")
def test_a_slow_query_ends_and_the_owner_sees_whose_it_is(source: Source) -> None:
    module = example("reading")
    module.STATEMENT_TIMEOUT = "100ms"

    with module.snapshot(source.let_in(), "river-levels run 7") as reader:
        seen = source.owner.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s",
            ("river-levels run 7",),
        ).fetchone()
        with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
            reader.execute("SELECT pg_sleep(5)")
    assert seen == (1,)


# --- XDB-3: little memory -------------------------------------------------------------

MANY = 200_000
CHILD = """
import sys
from guidance.evidence import load_example
streaming = load_example("extraction/database/streaming.py")
wrong = load_example("extraction/database/wrong/looks_like_streaming.py")
import psycopg
query = streaming.query_of("public", "many", ["report_id", "ward", "description"])
def peak():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if "VmHWM" in line) // 1024
with psycopg.connect(sys.argv[2]) as connection, open("/dev/null", "wb") as out:
    out.write(b""), connection.execute("SELECT 1").fetchall()
    before = peak()
    if sys.argv[1] == "batches":
        rows = sum(len(batch) for batch in streaming.batches(connection, query))
    elif sys.argv[1] == "copy":
        rows = streaming.copy_out(connection, query, out).rows
    else:
        wrong.copy_out(connection, query, out)
        rows = 0
    print(rows, peak() - before)
"""


def growth(way: str, url: str) -> tuple[int, int]:
    """Extract in a process of its own; return rows, and MiB that its peak grew by."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, way, url],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stderr
    rows, grown = done.stdout.split()
    return int(rows), int(grown)


@pytest.fixture(scope="module")
def many(server: PostgresServer) -> str:
    """A table of 200,000 reports, in a database of its own."""
    url = server.create_database()
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(
            "CREATE TABLE many AS SELECT n AS report_id, 'Ward ' || n % 30 AS ward,"
            " repeat('The drain is blocked. ', 5) || n AS description"
            f" FROM generate_series(1, {MANY}) AS n"
        )
    return url


@pytest.mark.rule("XDB-3")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process its peak")
def test_memory_does_not_grow_with_the_table(many: str) -> None:
    def stays_small(way: str) -> None:
        rows, grown = growth(way, many)
        assert grown < 16, f"{MANY} rows took {grown} MiB"
        assert rows == MANY

    twins(stays_small, good="copy", bad="plain", harm=rf"{MANY} rows took \d{{2,3}} MiB")
    stays_small("batches")


@pytest.mark.rule("XDB-3")
def test_what_comes_out_is_the_table(source: Source) -> None:
    streaming = example("streaming")
    query = streaming.query_of("casework", "flood_reports", ["report_id", "ward"])
    out = io.BytesIO()

    with psycopg.connect(source.url) as reader:
        extracted = streaming.copy_out(reader, query, out)
        batched = [row for some in streaming.batches(reader, query, 150) for row in some]

    lines = out.getvalue().decode().splitlines()
    assert lines[0] == "report_id,ward"
    assert extracted.rows == len(lines) - 1 == len(batched) == ROWS
    assert extracted.size_bytes == len(out.getvalue())
    assert len(extracted.sha256) == 64


# --- XDB-4: what commits late ---------------------------------------------------------

HOUR = dt.timedelta(hours=1)


def follow(module: Any, source: Source, target: Connection, overlap: dt.timedelta) -> None:
    """Take what changed, in the module's way."""
    with load_example(f"{HERE}/reading.py").snapshot(source.url, "test") as reader:
        if overlap:
            module.follow_times(reader, target, overlap)
        else:
            module.follow_commits(reader, target)


def late_commit(source: Source, target: Connection, module: Any, over: dt.timedelta) -> None:
    """Extract while one writer is slow and another is quick; then once more."""
    with psycopg.connect(source.url) as slow:
        late = source.copies(slow)  # stamped now, visible later
        source.copies(source.owner)
        follow(module, source, target, over)
        assert late not in ids_of(target, OURS)
        slow.commit()
    follow(module, source, target, over)
    lost = ids_of(source.owner, THEIRS) - ids_of(target, OURS)
    assert not lost, f"lost {len(lost)} row, {'the late one' if late in lost else 'another'}"


@pytest.mark.rule("XDB-4")
def test_an_overlap_finds_the_row_that_commits_late(server: PostgresServer) -> None:
    def loses_nothing(module: Any) -> None:
        with source_with(server, 50, "stamps.sql") as source, target_on(server) as target:
            late_commit(source, target, module, HOUR)

    twins(
        loses_nothing,
        **pair("incremental", "newer_than_the_newest"),
        harm="lost 1 row, the late one",
    )


@pytest.mark.rule("XDB-4")
def test_the_horizon_needs_no_guess(server: PostgresServer) -> None:
    incremental = example("incremental")

    def loses_nothing(overlap: dt.timedelta) -> None:
        with source_with(server, 50, "stamps.sql") as source, target_on(server) as target:
            late_commit(source, target, incremental, overlap)

    twins(
        loses_nothing,
        good=dt.timedelta(),
        bad=dt.timedelta(microseconds=1),
        harm="lost 1 row, the late one",
    )


@pytest.mark.rule("XDB-4")
@pytest.mark.parametrize("overlap", [HOUR, dt.timedelta()], ids=["overlap", "horizon"])
def test_twice_is_once_and_an_old_copy_changes_nothing(
    source: Source, target: Connection, overlap: dt.timedelta
) -> None:
    incremental = example("incremental")
    follow(incremental, source, target, overlap)
    source.owner.execute("UPDATE casework.flood_reports SET ward = 'New' WHERE report_id = 7")
    follow(incremental, source, target, overlap)
    follow(incremental, source, target, overlap)

    assert ids_of(target, OURS) == ids_of(source.owner, THEIRS)
    assert ids_of(target, OURS, "ward = 'New'") == {7}


@pytest.mark.rule("XDB-4")
def test_a_correction_moves_the_time_whoever_sends_it(server: PostgresServer) -> None:
    incremental = example("incremental")

    def arrives(stamps: str) -> None:
        with source_with(server, 5, stamps) as source, target_on(server) as target:
            follow(incremental, source, target, HOUR)
            source.owner.execute(
                "UPDATE casework.flood_reports SET depth_cm = 88.8 WHERE report_id = 3"
            )
            source.owner.execute(
                "UPDATE casework.flood_reports SET depth_cm = 77.7,"
                " updated_at = '2020-01-01' WHERE report_id = 4"  # a clock that is wrong
            )
            follow(incremental, source, target, HOUR)
            arrived = len(ids_of(target, OURS, "depth_cm IN (88.8, 77.7)"))
            assert arrived == 2, f"{arrived} of 2 corrections arrive"

    twins(
        arrives,
        good="stamps.sql",
        bad="wrong/default_is_no_trigger.sql",
        harm="0 of 2 corrections arrive",
    )


@pytest.mark.rule("XDB-4")
def test_a_migration_can_pass_the_trigger_by(source: Source, target: Connection) -> None:
    incremental = example("incremental")
    follow(incremental, source, target, HOUR)
    source.owner.execute("SET session_replication_role = replica")
    source.owner.execute("UPDATE casework.flood_reports SET ward = 'New' WHERE report_id = 7")

    follow(incremental, source, target, dt.timedelta(days=1))

    assert ids_of(target, OURS, "ward = 'New'") == set()


def test_a_server_without_an_answer_is_an_error(target: Connection) -> None:
    incremental = example("incremental")

    class Silent:
        def execute(self, *ignored: object) -> "Silent":
            return self

        def fetchone(self) -> None:
            return None

    with pytest.raises(LookupError, match="no snapshot"):
        incremental.follow_commits(Silent(), target)

    assert target.execute("SELECT * FROM raw.progress").fetchall() == []


# --- XDB-5: what was deleted ----------------------------------------------------------


@pytest.mark.rule("XDB-5")
def test_deleted_rows_are_found(server: PostgresServer) -> None:
    incremental = example("incremental")

    def finds_them(module: Any) -> None:
        with source_with(server, 100, "stamps.sql") as source, target_on(server) as target:
            follow(incremental, source, target, HOUR)
            source.owner.execute(
                "DELETE FROM casework.flood_reports WHERE report_id IN (3, 14, 15)"
            )
            with psycopg.connect(source.url) as reader:
                module.reconcile(reader, target, NOON)
            alive = ids_of(target, OURS, "deleted_at IS NULL")
            ghosts = sorted(alive - ids_of(source.owner, THEIRS))
            assert ghosts == [], f"{len(ghosts)} deleted reports live on"

    twins(
        finds_them,
        **pair("deletions", "changes_are_enough"),
        harm="3 deleted reports live on",
    )


@pytest.mark.rule("XDB-5")
def test_an_empty_list_deletes_nothing(server: PostgresServer) -> None:
    incremental = example("incremental")

    def keeps_them(module: Any) -> None:
        with source_with(server, 100, "stamps.sql") as source, target_on(server) as target:
            follow(incremental, source, target, HOUR)
            source.owner.execute("DELETE FROM casework.flood_reports")
            with psycopg.connect(source.url) as reader:
                try:
                    module.reconcile(reader, target, NOON)
                except Exception as error:
                    assert str(error) == "100 of 100 keys have gone"
            marked = len(ids_of(target, OURS, "deleted_at IS NOT NULL"))
            assert marked == 0, f"marked {marked} of 100 as deleted"

    twins(
        keeps_them,
        **pair("deletions", "an_empty_list_is_a_list"),
        harm="marked 100 of 100 as deleted",
    )


@pytest.mark.rule("XDB-5")
def test_reconciling_counts_what_never_came(source: Source, target: Connection) -> None:
    deletions = example("deletions")
    follow(example("incremental"), source, target, HOUR)
    target.execute("DELETE FROM raw.flood_reports WHERE report_id IN (5, 6)")
    source.owner.execute("DELETE FROM casework.flood_reports WHERE report_id = 9")

    with psycopg.connect(source.url) as reader:
        assert deletions.reconcile(reader, target, NOON) == deletions.Reconciled(1, 2)


# --- XDB-6: columns -------------------------------------------------------------------


def expected_columns() -> dict[str, str]:
    """Return the allow-list, valid."""
    found: dict[str, str] = validate_schema(
        f"examples/{HERE}/flood_reports.columns.json", str(FOLDER / "columns.schema.json")
    )
    return found


def header_of(module: Any, reader: Connection, expected: dict[str, str]) -> list[str]:
    out = io.BytesIO()
    if hasattr(module, "extract"):
        module.extract(reader, expected, out)
    else:
        query = module.query_of("casework", "flood_reports", expected)
        module.copy_out(reader, query, out)
    return out.getvalue().decode().splitlines()[0].split(",")


@pytest.mark.rule("XDB-6")
def test_a_new_column_stays_where_it_is(source: Source) -> None:
    expected = expected_columns()
    source.owner.execute("ALTER TABLE casework.flood_reports ADD ethnicity text")

    def takes_what_is_listed(module: Any) -> None:
        with psycopg.connect(source.url) as reader:
            header = header_of(module, reader, expected)
        others = [name for name in header if name not in expected]
        assert not others, f"also took {others}"

    twins(takes_what_is_listed, **pair("streaming", "select_star"), harm="ethnicity")


@pytest.mark.rule("XDB-6")
def test_drift_is_seen_by_a_role_that_may_not_read_it(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    expected = expected_columns()
    source.owner.execute("ALTER TABLE casework.flood_reports ADD ethnicity text")
    url = source.let_in()

    def sees_it(module: Any) -> None:
        with psycopg.connect(url) as reader:
            others = module.check_columns(reader, "casework", "flood_reports", expected)
        assert "ethnicity" in others, f"sees only {others}"

    twins(
        sees_it,
        **pair("drift", "asks_information_schema"),
        harm=r"sees only \['changed_in'\]",
    )
    assert "casework.flood_reports: not taken: ['birth_year'" in caplog.text


@pytest.mark.rule("XDB-6")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DROP COLUMN uprn", "uprn is gone, expected text"),
        ("RENAME ward TO ward_name", "ward is gone, expected text"),
        (
            "ALTER COLUMN depth_cm TYPE numeric(5, 0)",
            r"depth_cm is numeric\(5,0\), expected numeric\(5,1\)",
        ),
        ("ALTER COLUMN uprn TYPE bigint USING uprn::bigint", "uprn is bigint, expected text"),
        ("RENAME TO reports", "report_id is gone"),
    ],
)
def test_drift_stops_the_run_before_a_row_is_read(
    source: Source, change: str, says: str
) -> None:
    drift = example("drift")
    source.owner.execute(f"ALTER TABLE casework.flood_reports {change}")  # type: ignore[arg-type]

    with (
        psycopg.connect(source.url) as reader,
        pytest.raises(drift.SchemaDrift, match=says) as stopped,
    ):
        drift.check_columns(reader, "casework", "flood_reports", expected_columns())

    assert "\n" not in str(stopped.value)


# --- XDB-7: times, and other old values -----------------------------------------------

WALL = {
    1: ("2026-01-15 12:00", "2026-01-15 12:00Z"),
    2: ("2026-07-15 12:00", "2026-07-15 11:00Z"),
    3: ("2026-03-29 00:59", "2026-03-29 00:59Z"),
    4: ("2026-03-29 01:30", "never was"),
    5: ("2026-03-29 02:00", "2026-03-29 01:00Z"),
    6: ("2026-10-25 00:59", "2026-10-24 23:59Z"),
    7: ("2026-10-25 01:00", "was twice"),
    8: ("2026-10-25 01:59", "was twice"),
    9: ("2026-10-25 02:00", "2026-10-25 02:00Z"),
}


@pytest.mark.rule("XDB-7")
@pytest.mark.parametrize(
    ("bad", "harm"), [("guesses_the_hour", "3 of 9"), ("calls_it_utc", "6 of 9")]
)
def test_a_clock_on_the_wall_is_no_moment(
    server: PostgresServer, database_url: str, bad: str, harm: str
) -> None:
    def tells_the_moment(name: str) -> None:
        with source_with(server, len(WALL), "stamps.sql") as source:
            for report_id, (wall, _) in WALL.items():
                source.owner.execute(
                    "UPDATE casework.flood_reports SET reported_at = %s WHERE report_id = %s",
                    (wall, report_id),
                )
            rows = source.owner.execute(sql_of(name)).fetchall()
        wrong = 0
        for report_id, moment, reason in rows:
            truth = WALL[report_id][1]
            if truth.endswith("Z"):
                wrong += moment != dt.datetime.fromisoformat(truth) or reason is not None
            else:
                wrong += moment is not None or truth not in (reason or "")
        assert wrong == 0, f"{wrong} of {len(rows)} are wrong, and nobody is told"

    twins(tells_the_moment, good="local_times.sql", bad=f"wrong/{bad}.sql", harm=harm)


@pytest.mark.rule("XDB-7")
def test_python_says_the_same() -> None:
    local_times = example("local_times")

    for wall, truth in WALL.values():
        naive = dt.datetime.fromisoformat(wall)
        if truth.endswith("Z"):
            assert local_times.to_utc(naive) == dt.datetime.fromisoformat(truth)
        else:
            with pytest.raises(local_times.NoSuchMoment, match=truth):
                local_times.to_utc(naive)


@pytest.mark.rule("XDB-7")
def test_every_minute_of_both_nights_is_told_or_refused(source: Source) -> None:
    local_times = example("local_times")
    days = (dt.datetime(2026, 3, 29), dt.datetime(2026, 10, 25))  # noqa: DTZ001
    minutes = [day + dt.timedelta(minutes=n) for day in days for n in range(240)]
    source.owner.execute("DELETE FROM casework.flood_reports WHERE report_id > 480")
    with source.owner.cursor() as cursor:
        cursor.executemany(
            "UPDATE casework.flood_reports SET reported_at = %s WHERE report_id = %s",
            [(minute, number) for number, minute in enumerate(minutes, 1)],
        )
    by_sql = source.owner.execute(sql_of("local_times.sql")).fetchall()

    refused = 0
    for minute, (_, moment, reason) in zip(minutes, by_sql, strict=True):
        try:
            expected = local_times.to_utc(minute)
        except local_times.NoSuchMoment:
            refused += 1
            assert moment is None and reason
        else:
            assert moment == expected
            assert moment.astimezone(ZoneInfo("Europe/London")).replace(tzinfo=None) == minute
    assert refused == 120


GUID = "6F9619FF-8B86-D011-B42D-00C04FC964FF"


@pytest.mark.rule("XDB-7")
def test_old_values_get_one_meaning() -> None:
    def means_one_thing(module: Any) -> None:
        wrong = [
            name
            for name, is_right in {
                "text": module.text_of(b"O\x92Neill owes \x80 5") == "O’Neill owes € 5",
                "date": module.date_of(dt.date(1900, 1, 1)) is None,
                "flag": module.flag_of("0") is False,
                "guid": module.guid_of(GUID) == module.guid_of(f"{{{GUID.lower()}}}"),
                "pounds": module.pounds_of("1234567890123456.78")
                == Decimal("1234567890123456.78"),
            }.items()
            if not is_right
        ]
        assert wrong == [], f"wrong: {', '.join(wrong)}"

    twins(
        means_one_thing,
        **pair("legacy", "takes_them_as_they_are"),
        harm="wrong: text, date, flag, guid, pounds",
    )
    legacy = example("legacy")
    born = dt.date(1955, 6, 1)
    assert (legacy.date_of(born), legacy.date_of(None)) == (born, None)
    assert (legacy.flag_of(True), legacy.flag_of(1), legacy.flag_of(None)) == (
        True,
        True,
        None,
    )
    assert str(legacy.pounds_of("3.5")) == "3.50"
    with pytest.raises(ValueError, match=r"0\.125 has more than 2 decimals"):
        legacy.pounds_of("0.125")
    with pytest.raises(KeyError):
        legacy.flag_of(2)


# --- XDB-9: compare -------------------------------------------------------------------

SHARED = ["report_id", "ward", "depth_cm", "updated_at"]


@pytest.mark.rule("XDB-9")
def test_a_row_that_changed_on_the_way_is_noticed(source: Source, target: Connection) -> None:
    follow(example("incremental"), source, target, HOUR)
    target.execute(
        "UPDATE raw.flood_reports SET depth_cm = depth_cm + 0.1 WHERE report_id = 7"
    )

    def notices(module: Any) -> None:
        theirs = module.fingerprint(source.owner, ("casework", "flood_reports"), SHARED)
        ours = module.fingerprint(target, ("raw", "flood_reports"), SHARED)
        assert theirs != ours, f"a changed row passes: {theirs} == {ours}"

    twins(
        notices,
        **pair("fingerprint", "counts_alone"),
        harm="a changed row passes: 500 == 500",
    )


@pytest.mark.rule("XDB-9")
def test_the_order_of_rows_changes_nothing(source: Source, target: Connection) -> None:
    fingerprint = example("fingerprint").fingerprint
    follow(example("incremental"), source, target, HOUR)
    target.execute("UPDATE raw.flood_reports SET ward = ward WHERE report_id % 3 = 0")

    theirs = fingerprint(source.owner, ("casework", "flood_reports"), SHARED)
    ours = fingerprint(target, ("raw", "flood_reports"), SHARED)

    assert theirs == ours
    assert theirs[0] == ROWS
    source.owner.execute("DELETE FROM casework.flood_reports")
    assert fingerprint(source.owner, ("casework", "flood_reports"), SHARED) == (0, 0)


@pytest.mark.rule("XDB-2", "XDB-9")
def test_the_blocks_of_the_page_work_together_for_the_reader(
    source: Source, target: Connection
) -> None:
    reading, drift, streaming = (example(n) for n in ("reading", "drift", "streaming"))
    expected, fingerprint = expected_columns(), example("fingerprint").fingerprint
    place, columns = ("casework", "flood_reports"), list(expected)
    url, file = source.let_in(), io.BytesIO()

    with reading.snapshot(url, "river-levels run 7") as reader:
        others = drift.check_columns(reader, *place, expected)
        theirs = fingerprint(reader, place, columns)
        source.copies(source.owner)  # somebody goes on working
        out = streaming.copy_out(reader, streaming.query_of(*place, columns), file)
    kinds = ", ".join(f"{name} {kind}" for name, kind in expected.items())
    target.execute(f"CREATE TABLE raw.landed ({kinds})")  # type: ignore[arg-type]
    with target.cursor().copy("COPY raw.landed FROM STDIN (FORMAT csv, HEADER)") as copy:
        copy.write(file.getvalue())

    assert "reporter_name" in others
    assert b"07700" not in file.getvalue() and b"example.org" not in file.getvalue()
    assert fingerprint(target, ("raw", "landed"), columns) == theirs
    assert theirs[0] == out.rows == ROWS
    assert fingerprint(source.owner, place, columns)[0] == ROWS + 1


# --- XDB-10: politely -----------------------------------------------------------------


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


SWITCH = "/flood-reports/extraction/switch"


@pytest.mark.rule("XDB-10")
def test_the_switch_stops_a_running_extraction(aws_engine: AwsEngine) -> None:
    ssm = boto3.client("ssm", region_name="eu-west-2")
    good = example("politely")

    def stops(module: Any) -> None:
        clock, read = Clock(), 0
        ssm.put_parameter(Name=SWITCH, Value="on", Type="String", Overwrite=True)
        source = ([0] * 100 for _ in range(10))
        try:
            for batch in module.politely(
                source, lambda: good.is_on(ssm, SWITCH), 1_000, clock.monotonic, clock.sleep
            ):
                read += len(batch)
                if read == 200:
                    ssm.put_parameter(Name=SWITCH, Value="off", Type="String", Overwrite=True)
        except good.Stopped as error:
            assert str(error) == "stopped after 200 rows"
        assert read == 200, f"read {read} rows, 200 before it was told to stop"

    twins(stops, good=good, bad=example("wrong/asks_once"), harm="read 1000 rows")


@pytest.mark.rule("XDB-10")
def test_no_more_rows_a_second_than_agreed() -> None:
    politely, clock, seen = example("politely").politely, Clock(), []

    for batch in politely(
        ([0] * 500 for _ in range(8)), lambda: True, 1_000, clock.monotonic, clock.sleep
    ):
        seen.append((clock.now_s, len(batch)))

    assert sum(rows for _, rows in seen) == 4_000
    assert clock.now_s == pytest.approx(4.0)
    assert all(sum(n for at, n in seen if t <= at < t + 1) <= 1_500 for t, _ in seen)


@pytest.mark.rule("XDB-10")
@pytest.mark.parametrize(
    ("moment", "is_off_peak"),
    [
        ("2026-01-15 19:00Z", True),
        ("2026-01-15 18:59Z", False),
        ("2026-01-16 06:59Z", True),
        ("2026-01-16 07:00Z", False),
        ("2026-07-15 18:00Z", True),  # 19:00 in London
        ("2026-07-15 06:00Z", False),
    ],
)
def test_off_peak_is_by_londons_clock(moment: str, is_off_peak: bool) -> None:
    module = example("politely")
    at = dt.datetime.fromisoformat(moment)

    assert module.is_off_peak(at, dt.time(19), dt.time(7)) is is_off_peak
    assert module.is_off_peak(at, dt.time(7), dt.time(19)) is not is_off_peak
