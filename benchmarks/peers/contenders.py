"""Upsert a CSV file of readings with one tool, as its user would; print seconds and MiB.

Run by benchmarks/peers.py, in the environment of the project in this folder. Each way begins
with the file, ends with a commit, and leaves ``raw.readings`` in the same state: new rows are
inserted, known ones take the newer value and the newer sighting, and ``loaded_at`` moves only
where the value did.

    python contenders.py <way> <database URL> <CSV file> <fetched_at> <manifest id>
"""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

COLUMNS = ("measure_id", "observed_at", "value", "page_no")
STAGE = """
CREATE {kind} TABLE {name} (
    measure_id  text,
    observed_at timestamptz,
    value       double precision,
    page_no     integer
)
"""
MERGE = """
MERGE INTO raw.readings AS kept
USING {source} AS new
ON kept.measure_id = new.measure_id AND kept.observed_at = new.observed_at
WHEN MATCHED AND kept.fetched_at < '{fetched_at}' THEN UPDATE SET
    value = new.value,
    fetched_at = '{fetched_at}',
    manifest_id = {manifest_id},
    page_no = new.page_no,
    loaded_at = CASE WHEN kept.value = new.value
        THEN kept.loaded_at ELSE clock_timestamp() END
WHEN NOT MATCHED THEN
    INSERT (measure_id, observed_at, value, fetched_at, manifest_id, page_no, loaded_at)
    VALUES (new.measure_id, new.observed_at, new.value,
            '{fetched_at}', {manifest_id}, new.page_no, clock_timestamp())
"""

Job = tuple[str, Path, str, int]
Times = Iterator[None]
"""A way yields once, when the rows are in the server but not merged yet."""


def merge(source: str, fetched_at: str, manifest_id: int) -> str:
    """Return the MERGE from a table of new rows."""
    return MERGE.format(source=source, fetched_at=fetched_at, manifest_id=manifest_id)


def adbc(url: str, file: Path, fetched_at: str, manifest_id: int) -> Times:
    """Stream Arrow batches of the CSV into a temporary table."""
    import pyarrow as pa
    from adbc_driver_postgresql import dbapi
    from pyarrow import csv as arrow_csv

    types = {
        "measure_id": pa.string(),
        "observed_at": pa.timestamp("us", tz="UTC"),
        "value": pa.float64(),
        "page_no": pa.int32(),
    }
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        with arrow_csv.open_csv(
            file,
            read_options=arrow_csv.ReadOptions(column_names=list(COLUMNS)),
            convert_options=arrow_csv.ConvertOptions(column_types=types),
        ) as rows:
            cursor.adbc_ingest("incoming", rows, mode="create", temporary=True)
        yield
        cursor.execute(merge("incoming", fetched_at, manifest_id))
        connection.commit()


def duckdb(url: str, file: Path, fetched_at: str, manifest_id: int) -> Times:
    """Copy through DuckDB's postgres extension into a table beside, then merge there."""
    import duckdb as engine

    package = find_spec("duckdb_extension_postgres_scanner")
    assert package is not None and package.origin is not None
    [extension] = Path(package.origin).parent.rglob("*.duckdb_extension")
    types = "{'measure_id': 'VARCHAR', 'observed_at': 'TIMESTAMPTZ', 'value': 'DOUBLE', "
    types += "'page_no': 'INTEGER'}"
    with engine.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"LOAD '{extension}'")
        connection.execute(f"ATTACH '{url}' AS pg (TYPE postgres)")
        connection.execute("BEGIN")
        kind, name = "UNLOGGED", "raw.incoming"
        statement = STAGE.format(kind=kind, name=name).replace("'", "''")
        connection.execute(f"CALL postgres_execute('pg', '{statement}')")
        connection.execute(
            f"INSERT INTO pg.raw.incoming FROM read_csv('{file}', columns = {types})"
        )
        yield
        statement = merge("raw.incoming", fetched_at, manifest_id).replace("'", "''")
        connection.execute(f"CALL postgres_execute('pg', '{statement}')")
        connection.execute("CALL postgres_execute('pg', 'DROP TABLE raw.incoming')")
        connection.execute("COMMIT")


def pandas(url: str, file: Path, fetched_at: str, manifest_id: int) -> Times:
    """Read a frame, `to_sql` it with its defaults but a chunk size, then merge."""
    import pandas as pd
    import sqlalchemy as sa

    engine = sa.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))
    frame = pd.read_csv(file, names=list(COLUMNS), parse_dates=["observed_at"])
    with engine.begin() as connection:
        connection.execute(sa.text(STAGE.format(kind="TEMPORARY", name="incoming")))
        frame.to_sql("incoming", connection, if_exists="append", index=False, chunksize=10_000)
        yield
        connection.exec_driver_sql(merge("incoming", fetched_at, manifest_id))


def sqlalchemy(url: str, file: Path, fetched_at: str, manifest_id: int) -> Times:
    """Send `INSERT … ON CONFLICT DO UPDATE` for lists of 10,000 dictionaries."""
    from itertools import batched

    import sqlalchemy as sa
    from sqlalchemy.dialects.postgresql import insert

    engine = sa.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))
    table = sa.Table("readings", sa.MetaData(schema="raw"), autoload_with=engine)
    statement = insert(table).values(
        measure_id=sa.bindparam("measure_id"),
        observed_at=sa.bindparam("observed_at"),
        value=sa.bindparam("value"),
        page_no=sa.bindparam("page_no"),
        fetched_at=fetched_at,
        manifest_id=manifest_id,
        loaded_at=sa.func.clock_timestamp(),
    )
    new = statement.excluded
    changed = {name: new[name] for name in ("value", "fetched_at", "manifest_id", "page_no")}
    moved = sa.case((table.c.value == new.value, table.c.loaded_at), else_=new.loaded_at)
    statement = statement.on_conflict_do_update(
        index_elements=["measure_id", "observed_at"],
        set_=changed | {"loaded_at": moved},
        where=table.c.fetched_at < new.fetched_at,
    )
    with engine.begin() as connection, file.open(newline="") as text:
        rows = csv.DictReader(text, COLUMNS)
        for batch in batched(rows, 10_000):
            connection.execute(
                statement,
                [
                    row | {"value": float(row["value"]), "page_no": int(row["page_no"])}
                    for row in batch
                ],
            )
        yield


def psql(url: str, file: Path, fetched_at: str, manifest_id: int) -> Times:
    """Write what a careful person would type into psql."""
    script = "\n".join(
        [
            "\\set ON_ERROR_STOP on",
            "BEGIN;",
            STAGE.format(kind="TEMPORARY", name="incoming") + ";",
            f"\\copy incoming FROM '{file.as_posix()}' (FORMAT csv)",
            "\\echo copied",
            "ANALYZE incoming;",
            merge("incoming", fetched_at, manifest_id) + ";",
            "COMMIT;",
        ]
    )
    program = ["psql", url, "--quiet", "--no-psqlrc", "--file=-"]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(script)
        child.stdin.close()
        child.stdout.readline()
        yield
    assert child.returncode == 0


def dlt(url: str, file: Path, fetched_at: str, manifest_id: int) -> Times:
    """Let dlt extract, normalise and load, with its merge strategy `upsert`.

    dlt decides on its own schema and columns. It has no way to say "only if newer" or to
    leave ``loaded_at`` alone, so its table has no ``loaded_at``.
    """
    import tempfile

    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
    }
    import dlt as tool

    @tool.resource(
        name="readings",
        write_disposition={"disposition": "merge", "strategy": "upsert"},
        primary_key=("measure_id", "observed_at"),
        columns={
            "observed_at": {"data_type": "timestamp"},
            "fetched_at": {"data_type": "timestamp"},
        },
    )
    def readings() -> Iterator[dict[str, object]]:
        with file.open(newline="") as text:
            for row in csv.DictReader(text, COLUMNS):
                yield row | {
                    "value": float(row["value"]),
                    "page_no": int(row["page_no"]),
                    "fetched_at": fetched_at,
                    "manifest_id": manifest_id,
                }

    with tempfile.TemporaryDirectory() as folder:
        pipeline = tool.pipeline(
            "peers",
            pipelines_dir=folder,
            destination=tool.destinations.postgres(url),
            dataset_name="by_dlt",
        )
        pipeline.run(readings())
        yield


WAYS: dict[str, Callable[[str, Path, str, int], Times]] = {
    "psql": psql,
    "adbc": adbc,
    "duckdb": duckdb,
    "pandas": pandas,
    "sqlalchemy": sqlalchemy,
    "dlt": dlt,
}


def warm(way: str) -> None:
    """Import what a way needs: programs that run for a day do that once."""
    modules = {
        "adbc": ["adbc_driver_postgresql.dbapi", "pyarrow.csv"],
        "duckdb": ["duckdb"],
        "pandas": ["pandas", "sqlalchemy", "psycopg"],
        "sqlalchemy": ["sqlalchemy", "sqlalchemy.dialects.postgresql", "psycopg"],
        "dlt": ["dlt", "dlt.destinations", "psycopg2"],
    }
    for name in modules.get(way, []):
        __import__(name)


def peak_mib() -> float:
    """Return the most memory of this process or of its largest child, in MiB (Linux)."""
    import resource

    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return round(max(int(line.split()[1]), child) / 1024, 1)


def cpu_s() -> float:
    """Return the processor seconds of this process and of the children that ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def timed(way: Callable[[], Times]) -> dict[str, float]:
    """Run a way; return its seconds until the rows are there, and until they are merged."""
    began, spent = time.perf_counter(), cpu_s()
    steps = way()
    next(steps)
    sent = time.perf_counter()
    for _ in steps:
        pass
    return {
        "sent_s": round(sent - began, 3),
        "seconds": round(time.perf_counter() - began, 3),
        "client_cpu_s": round(cpu_s() - spent, 3),
        "peak_mib": peak_mib(),
    }


if __name__ == "__main__":
    name, url, file, fetched_at, manifest_id = sys.argv[1:]
    warm(name)
    job = (url, Path(file), fetched_at, int(manifest_id))
    print(json.dumps(timed(lambda: WAYS[name](*job))))
