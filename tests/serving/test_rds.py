"""Proofs of docs/serving/rds.md."""

import datetime as dt
import importlib
import secrets
from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import yaml
from psycopg import sql
from sqlalchemy import Engine, create_engine, text

from guidance.engines import PostgresServer
from guidance.engines.postgres import create_database, drop_database
from guidance.evidence import load_example, regions, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES
from river_levels.windows import Window

if TYPE_CHECKING:
    from river_levels.pipeline import Pipeline

HERE = "serving/rds"
FIRST = dt.date(2026, 11, 1)
AS_OF = dt.datetime(2026, 11, 23, 6, 7, tzinfo=dt.UTC)
SERIES, DAYS = 200, 10
ROWS = SERIES * DAYS
RELOADS = 50

type Connection = psycopg.Connection[Any]


def sql_of(name: str) -> str:
    """Return the text of a SQL example."""
    return (EXAMPLES / HERE / name).read_text("utf-8").rstrip("\n")


def wrong(name: str) -> Any:
    """Load a counter-example."""
    return load_example(f"{HERE}/wrong/{name}.py")


def levels(rows: int = ROWS) -> Iterator[tuple[str, dt.date, float]]:
    """Make up levels: each series once a day, one in 500 of them high."""
    for number in range(rows):
        day = FIRST + dt.timedelta(days=number % DAYS)
        yield f"series-{number // DAYS:04}", day, 2.5 if number % 500 == 0 else 0.4


# --- a database with the roles of the PostgreSQL page ----------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of this file alone: its roles have fixed names."""
    with PostgresServer() as server:
        yield server


class Database:
    """The database of the service, with marts and serving."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self.password = secrets.token_hex(8)
        self.admin_url = server.database_url("river_levels")

    def admin(self) -> Connection:
        """Connect as the superuser, who stands in for the master user."""
        return psycopg.connect(self.admin_url, autocommit=True, connect_timeout=10)

    def owner(self) -> Connection:
        """Connect as dbt does, which owns marts and serving."""
        return self.connect("river_levels_transform")

    def connect(self, login: str) -> Connection:
        """Connect as a login; each statement commits at once."""
        return psycopg.connect(self.url(login), autocommit=True, connect_timeout=10)

    def url(self, login: str) -> str:
        """Return the connection URL of a login."""
        at = f"127.0.0.1:{self.server.port}/river_levels"
        return f"postgresql://{login}:{self.password}@{at}"

    def allow(self, *logins: str) -> None:
        """Give logins a password; the examples make them without."""
        with self.admin() as admin:
            for login in logins:
                admin.execute(f"ALTER ROLE {login} PASSWORD '{self.password}'")


@pytest.fixture
def database(server: PostgresServer) -> Iterator[Database]:
    """A new database with the tables and views of the page, and no row."""
    create_database(server.url, "river_levels")
    database = Database(server)
    with database.admin() as admin:
        before = {row[0] for row in admin.execute("SELECT rolname FROM pg_roles")}
        roles = (EXAMPLES / "lifecycle/postgresql/roles.sql").read_text("utf-8")
        admin.execute(roles)
        admin.execute("CREATE SCHEMA marts AUTHORIZATION river_levels_transform")
    database.allow("river_levels_transform")
    with database.owner() as owner:
        owner.execute(sql_of("serving.sql"))
    yield database
    with database.admin() as admin:
        made = [row[0] for row in admin.execute("SELECT rolname FROM pg_roles")]
    drop_database(server.url, "river_levels")
    with psycopg.connect(server.url, autocommit=True) as admin:
        for role in made:
            if role not in before:
                admin.execute(f"DROP ROLE {role}")


@pytest.fixture
def reader(database: Database) -> Iterator[Connection]:
    """Power BI's session."""
    with database.admin() as admin:
        admin.execute(sql_of("reader.sql"))
    database.allow("river_levels_power_bi")
    with database.connect("river_levels_power_bi") as connection:
        yield connection


def seen(reader: Connection) -> tuple[int, list[str]]:
    """Return how many rows a reader sees, and of which versions."""
    found = reader.execute(
        "SELECT count(*), array_agg(DISTINCT data_version) FROM serving.levels"
    ).fetchone()
    assert found is not None
    return found[0], found[1] or []


def outcome(connection: Connection, statement: str) -> str:
    """Return ``done``, or the error that PostgreSQL gives."""
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        return str(error).splitlines()[0]
    return "done"


# --- RDS-1, RDS-2: what a reader may do ------------------------------------------------


@pytest.mark.rule("RDS-1")
def test_readers_reach_the_views_and_nothing_beneath(
    database: Database, reader: Connection
) -> None:
    assert outcome(reader, "SELECT * FROM serving.levels") == "done"
    assert outcome(reader, "SELECT * FROM marts.levels") == (
        "permission denied for schema marts"
    )
    assert outcome(reader, "DELETE FROM serving.levels") == (
        "permission denied for view levels"
    )


@pytest.mark.rule("RDS-2")
def test_a_readers_statement_ends_in_time(database: Database) -> None:
    def ends(name: str) -> None:
        with database.admin() as admin:
            admin.execute(sql_of(name))
        database.allow("river_levels_power_bi")
        with database.connect("river_levels_power_bi") as reader:
            found = reader.execute("SHOW statement_timeout").fetchone()
        with database.admin() as admin:
            admin.execute("DROP ROLE river_levels_power_bi")
        assert found == ("2min",), f"a statement may take {found}"

    twins(
        ends,
        good="reader.sql",
        bad="wrong/timeout_on_the_group.sql",
        harm=r"a statement may take \('0',\)",
    )


# --- RDS-3, RDS-7, RDS-8, RDS-10: reload ------------------------------------------------

type Reload = Callable[..., object]


def fill(database: Database, reload: Reload, version: str, **kwargs: Any) -> None:
    """Reload as the owner."""
    with database.owner() as owner:
        reload(owner, kwargs.pop("levels", levels()), AS_OF, version, **kwargs)


@pytest.mark.rule("RDS-3")
@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("truncate_and_fill", "readers saw 0 rows"),
        ("rename_under_the_view", r"readers keep \['first'\]"),
    ],
)
def test_readers_never_see_half_a_table(
    database: Database, reader: Connection, name: str, harm: str
) -> None:
    good = load_example(f"{HERE}/reloading.py").reload

    def is_whole(reload: Reload) -> None:
        fill(database, good, "first")
        during: list[tuple[int, list[str]]] = []

        def watched() -> Iterator[tuple[str, dt.date, float]]:
            for number, level in enumerate(levels()):
                if number == ROWS // 2:
                    during.append(seen(reader))
                yield level

        fill(database, reload, "second", levels=watched())
        counts = {count for count, _ in [*during, seen(reader)]}
        assert counts == {ROWS}, f"readers saw {min(counts)} rows"
        assert seen(reader)[1] == ["second"], f"readers keep {seen(reader)[1]}"

    twins(is_whole, good=good, bad=wrong(name).reload, harm=harm)


@pytest.mark.rule("RDS-3", "RDS-10")
def test_fifty_reloads_under_a_reader(database: Database, reader: Connection) -> None:
    reload = load_example(f"{HERE}/reloading.py").reload
    fill(database, reload, "v00")
    observed: set[tuple[int, int]] = set()
    moments: set[dt.datetime] = set()
    reads, done = 0, Event()

    def read() -> None:
        nonlocal reads
        while not done.is_set():
            count, versions = seen(reader)
            observed.add((count, len(versions)))
            reads += 1
            found = reader.execute("SELECT DISTINCT as_of FROM serving.levels").fetchall()
            moments.update(moment for (moment,) in found)

    thread = Thread(target=read)
    thread.start()
    try:
        for number in range(1, RELOADS + 1):
            fill(database, reload, f"v{number:02}")
    finally:
        done.set()
        thread.join()

    assert observed == {(ROWS, 1)}
    assert moments == {AS_OF}
    assert reads > RELOADS
    assert seen(reader)[1] == [f"v{RELOADS}"]


def test_a_reload_waits_for_a_long_report_and_then_gives_up(database: Database) -> None:
    module = load_example(f"{HERE}/reloading.py")
    module.SWAP = module.SWAP.replace("'2s'", "'50ms'")
    fill(database, module.reload, "first")
    waits: list[float] = []
    with database.owner() as report:
        report.execute("BEGIN")
        report.execute("SELECT count(*) FROM serving.levels")

        with pytest.raises(psycopg.errors.LockNotAvailable):
            fill(database, module.reload, "second", sleep=waits.append)

        assert waits == [1, 2, 3, 4]
        assert seen(report)[1] == ["first"]
        fill(database, module.reload, "third", sleep=lambda _: report.execute("COMMIT"))
        assert seen(report)[1] == ["third"]


def test_truncate_in_a_transaction_is_not_safe(database: Database, reader: Connection) -> None:
    fill(database, load_example(f"{HERE}/reloading.py").reload, "first")
    reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    reader.execute("SELECT 1")  # takes the snapshot
    with database.owner() as owner, owner.transaction():
        owner.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM marts.levels")
        owner.execute("TRUNCATE marts.levels")
        owner.execute("INSERT INTO marts.levels SELECT * FROM kept")

    assert seen(reader) == (0, [])
    reader.execute("COMMIT")
    assert seen(reader) == (ROWS, ["first"])


@pytest.mark.rule("RDS-7")
def test_a_bad_row_leaves_readers_what_they_had(
    database: Database, reader: Connection
) -> None:
    reload = load_example(f"{HERE}/reloading.py").reload
    fill(database, reload, "first")

    with pytest.raises(psycopg.errors.NotNullViolation):
        fill(database, reload, "second", levels=[*levels(50), ("a", FIRST, None)])

    assert seen(reader) == (ROWS, ["first"])


@pytest.mark.rule("RDS-8")
def test_the_planner_knows_what_was_loaded(database: Database) -> None:
    def is_known(reload: Reload) -> None:
        fill(database, reload, "first")
        with database.owner() as owner:
            found = owner.execute(
                "EXPLAIN (FORMAT JSON) SELECT * FROM marts.levels WHERE highest_m > 2"
            ).fetchone()
        assert found is not None
        expected = found[0][0]["Plan"]["Plan Rows"]
        assert expected <= 2 * ROWS // 500, f"plans for {expected} rows of {ROWS // 500}"

    with database.admin() as admin:  # so that it cannot come to help
        admin.execute("ALTER TABLE marts.levels SET (autovacuum_enabled = false)")
    bad = wrong("no_statistics").reload
    good = load_example(f"{HERE}/reloading.py").reload
    with pytest.raises(AssertionError, match=r"plans for \d{3,} rows of 4"):
        is_known(bad)  # first: the good twin's statistics would outlive it
    with database.owner() as owner:
        owner.execute("DELETE FROM marts.levels")
    twins(
        is_known,
        good=good,
        bad=lambda *args: (_without_statistics(database), bad(*args)),
        harm=r"plans for \d{3,} rows of 4",
    )


def _without_statistics(database: Database) -> None:
    with database.admin() as admin:
        if admin.info.server_version < 180000:  # there it takes a superuser's hand
            table = "'marts.levels'::regclass"
            admin.execute(f"DELETE FROM pg_statistic WHERE starelid = {table}")
            admin.execute(f"UPDATE pg_class SET reltuples = -1 WHERE oid = {table}")
            return
        relation = "'marts', 'levels', "
        admin.execute("SELECT pg_clear_relation_stats('marts', 'levels')")
        for column in ("highest_m", "measure_id", "local_date"):
            admin.execute(f"SELECT pg_clear_attribute_stats({relation}'{column}', false)")


# --- RDS-4: the plan --------------------------------------------------------------------


@pytest.mark.rule("RDS-4")
def test_a_query_reads_what_it_needs(database: Database) -> None:
    plans = load_example(f"{HERE}/plans.py")
    reload = load_example(f"{HERE}/reloading.py").reload
    many = [
        (f"series-{series:03}", dt.date(2025, 11, 23) + dt.timedelta(days=day), 0.4)
        for day in range(365)
        for series in range(60)
    ]
    fill(database, reload, "a year", levels=many)

    with database.owner() as owner:
        whole = plans.blocks_read(owner, sql.SQL("SELECT * FROM marts.levels"))

        def is_narrow(name: str) -> None:
            assert len(owner.execute(sql_of(name)).fetchall()) == 60
            read = plans.blocks_read(owner, sql.SQL(sql_of(name)))
            assert read * 5 < whole, f"reads {read} of {whole} blocks for 2% of the rows"

        twins(
            is_narrow,
            good="last_week.sql",
            bad="wrong/cast_in_where.sql",
            harm=r"reads (\d+) of \1 blocks",
        )


# --- RDS-1: the contract ----------------------------------------------------------------


@pytest.mark.rule("RDS-1")
def test_a_promise_is_kept(database: Database, reader: Connection) -> None:
    with database.owner() as owner:
        owner.execute("DROP TABLE marts.levels CASCADE")
        owner.execute(sql_of("serving.sql"))
    broken = load_example(f"{HERE}/contract.py").broken
    contract = yaml.safe_load(sql_of("contract.yml"))
    ref = f"examples/{HERE}/contract.yml"
    tool = f"PostgreSQL's information_schema, PyYAML {yaml.__version__}"
    proof = Proof(ref, regions.find(ref).sha256, Level.VALIDATED, tool)
    assert broken(reader, contract) == []
    RECORDER.proof(proof)

    def is_kept(change: str) -> None:
        with database.owner() as owner:
            owner.execute(sql_of(change))
        faults = broken(reader, contract)
        assert faults == [], "; ".join(faults)

    twins(
        is_kept,
        good="add_column.sql",
        bad="wrong/drop_and_recreate.sql",
        harm="serving.levels.highest_m is gone",
    )
    said = outcome(reader, "SELECT * FROM serving.levels")
    assert said == "permission denied for view levels", "grants went with the view"


def test_a_changed_type_breaks_the_promise(database: Database, reader: Connection) -> None:
    broken = load_example(f"{HERE}/contract.py").broken

    promised = {"serving.levels": {"highest_m": "numeric"}}

    assert broken(reader, promised) == [
        "serving.levels.highest_m is double precision, not numeric"
    ]


# --- RDS-6: the boroughs ----------------------------------------------------------------

REPORTS = [
    ("FR-1", "RBK", "E05013929", FIRST),
    ("FR-2", "RBK", "E05013930", FIRST),
    ("FR-3", "LBS", "E05013757", FIRST),
]


def with_boroughs(database: Database) -> Database:
    """Make both boroughs' reports, and a login for each borough."""
    with database.admin() as admin:
        admin.execute(sql_of("row_level_security.sql"))
        admin.execute("RESET ROLE")
        if admin.info.server_version < 160000:
            with pytest.raises(psycopg.errors.SyntaxError, match='near "INHERIT"'):
                admin.execute(sql_of("pooled_login.sql"))
            pytest.skip("GRANT ... WITH INHERIT needs PostgreSQL 16")
        admin.execute(sql_of("pooled_login.sql"))
        for borough in ("rbk", "lbs"):
            admin.execute(f"CREATE ROLE {borough}_person LOGIN IN ROLE river_levels_{borough}")
    database.allow("rbk_person", "lbs_person", "river_levels_web")
    with database.owner() as owner:
        with owner.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO marts.flood_reports VALUES (%s, %s, %s, %s)", REPORTS
            )
        owner.execute(sql_of("borough_view.sql"))
    return database


def references(connection: Connection, relation: str) -> list[str]:
    """Return which reports a session reads."""
    query = f"SELECT reference FROM {relation} ORDER BY reference"
    return [row[0] for row in connection.execute(query).fetchall()]


@pytest.mark.rule("RDS-6")
def test_each_borough_sees_its_own(database: Database) -> None:
    boroughs = with_boroughs(database)
    own = {"rbk_person": ["FR-1", "FR-2"], "lbs_person": ["FR-3"]}

    def are_apart(view: str) -> None:
        with boroughs.owner() as owner:
            owner.execute(sql_of(view))
        for login, expected in own.items():
            with boroughs.connect(login) as person:
                assert references(person, "marts.flood_reports") == expected
                found = references(person, "serving.flood_reports")
                assert found == expected, f"{login} reads {found} through the view"

    with boroughs.owner() as owner:
        owner.execute("DROP VIEW serving.flood_reports")
    twins(
        are_apart,
        good="borough_view.sql",
        bad="wrong/view_of_the_owner.sql",
        harm=r"rbk_person reads \['FR-1', 'FR-2', 'FR-3'\] through the view",
    )


def test_the_owner_of_the_table_is_held_too(database: Database) -> None:
    boroughs = with_boroughs(database)
    with boroughs.admin() as admin:
        admin.execute("DROP POLICY builds ON marts.flood_reports")
    with boroughs.owner() as owner:
        assert references(owner, "marts.flood_reports") == []
    with boroughs.admin() as admin:
        admin.execute("ALTER TABLE marts.flood_reports NO FORCE ROW LEVEL SECURITY")
    with boroughs.owner() as owner:
        assert len(references(owner, "marts.flood_reports")) == len(REPORTS)


@pytest.mark.rule("RDS-6")
def test_who_bypasses_is_named(database: Database) -> None:
    boroughs = with_boroughs(database)
    with boroughs.admin() as admin:
        names = [row[0] for row in admin.execute(sql_of("who_bypasses.sql"))]
        admin.execute("CREATE ROLE backup_tool LOGIN BYPASSRLS")
        after = [row[0] for row in admin.execute(sql_of("who_bypasses.sql"))]
    assert names == ["postgres"]
    assert after == ["backup_tool", "postgres"]
    boroughs.allow("backup_tool")
    with boroughs.admin() as admin:
        admin.execute("GRANT CONNECT ON DATABASE river_levels TO backup_tool")
        admin.execute("GRANT USAGE ON SCHEMA marts TO backup_tool")
        admin.execute("GRANT SELECT ON marts.flood_reports TO backup_tool")
    with boroughs.connect("backup_tool") as tool:
        assert len(references(tool, "marts.flood_reports")) == len(REPORTS)


@pytest.mark.rule("RDS-6")
def test_a_role_does_not_stay_in_the_pool(database: Database) -> None:
    boroughs = with_boroughs(database)
    url = boroughs.url("river_levels_web").replace("postgresql:", "postgresql+psycopg:", 1)

    def goes_back_clean(reading_as: Callable[[Engine, str], Any]) -> None:
        engine = create_engine(url, pool_size=1, max_overflow=0)
        try:
            query = text("SELECT reference FROM serving.flood_reports ORDER BY 1")
            with reading_as(engine, "river_levels_lbs") as connection:
                assert connection.execute(query).scalars().all() == ["FR-3"]
            with engine.connect() as connection:
                user = connection.execute(text("SELECT current_user")).scalar_one()
            assert user == "river_levels_web", f"the next visitor is {user}"
        finally:
            engine.dispose()

    twins(
        goes_back_clean,
        good=load_example(f"{HERE}/reading_as.py").reading_as,
        bad=wrong("role_stays_in_the_pool").reading_as,
        harm="the next visitor is river_levels_lbs",
    )
    with boroughs.connect("river_levels_web") as web:
        said = outcome(web, "SELECT * FROM serving.flood_reports")
    assert said.startswith("permission denied for"), "nothing without a role"


# --- RDS-5: comments --------------------------------------------------------------------


@pytest.mark.rule("RDS-5")
def test_what_dbt_describes_the_database_tells(pipeline: "Pipeline") -> None:
    pipeline.run(Window.parse("2026-03-28", "2026-03-29"))
    module = importlib.import_module("river_levels.database")
    with pipeline.engine.connect() as connection:
        cursor = module.psycopg_of(connection).cursor()
        assert cursor.execute(sql_of("no_comment.sql")).fetchall() == []
        told = cursor.execute(
            "SELECT obj_description('serving.latest_river_levels'::regclass)"
        ).fetchone()
        cursor.execute("COMMENT ON COLUMN serving.latest_river_levels.value IS NULL")
        named = cursor.execute(sql_of("no_comment.sql")).fetchall()
    assert "newest plausible level" in told[0]
    assert named == [("latest_river_levels", "value")]
