"""Proofs of docs/monitoring/lineage.md.

Two projects: the reference pipeline, run once on the engines, and a small one over
invented flood reports that name people, into which a leak is planted.
"""

import copy
import gzip
import itertools
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import boto3
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from guidance.engines import AwsEngine, ReplayServer, environment
from guidance.engines.postgres import create_database, drop_database, with_database
from guidance.evidence import assert_output, load_example, run_shell, twins
from guidance.paths import EXAMPLES
from river_levels.config import load_settings
from river_levels.pipeline import Pipeline, opened
from river_levels.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = "monitoring/lineage"
FOLDER = EXAMPLES / HERE
REPORTS = FOLDER / "dbt"
REFERENCE = EXAMPLES / "river-levels-etl" / "dbt"
DAY = date(2026, 3, 28)
MIDNIGHT = datetime(2026, 3, 28, tzinfo=UTC)
WINDOW = Window(MIDNIGHT, MIDNIGHT + timedelta(days=1))
HOGSMILL = "3390TH-level-stage-i-15_min-mASD"


def pair(good: str, wrong: str) -> dict[str, ModuleType]:
    """Load an example and its counter-example."""
    return {
        "good": load_example(f"{HERE}/{good}.py"),
        "bad": load_example(f"{HERE}/wrong/{wrong}.py"),
    }


def text_of(name: str) -> str:
    """Return an example's text."""
    return (FOLDER / name).read_text("utf-8")


def libpq(url: str) -> dict[str, str | None]:
    """Return a connection as dbt's profile wants it."""
    parts = conninfo_to_dict(url)
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    found = {f"PG{names[k]}": str(parts[k]) for k in names if k in parts}
    return {**found, "PGDATABASE": str(parts["dbname"]), "DO_NOT_TRACK": "1"}


@dataclass(frozen=True)
class Built:
    """What dbt made: its manifest, and the columns that the database has."""

    manifest: dict[str, Any]
    catalogue: "Mapping[str, list[str]]"

    def edges(self) -> Any:
        """Return the edges between columns."""
        return load_example(f"{HERE}/origins.py").edges(self.manifest, self.catalogue)


class Project:
    """A dbt project on a database."""

    def __init__(self, folder: Path, url: str, scratch: Path) -> None:
        self.folder, self.url, self._scratch = folder, url, scratch
        self._built: dict[tuple[str, ...], Built] = {}

    def once(self, *arguments: str) -> Built:
        """Build unless that was done; the caller may change what it gets."""
        if arguments not in self._built:
            self._built[arguments] = self("build", *arguments)
        return copy.deepcopy(self._built[arguments])

    def __call__(self, command: str, *arguments: str) -> Built:
        """Run a command and return what was made."""
        from dbt.cli.main import dbtRunner

        places = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        scratch = ["--target-path", str(self._scratch), "--log-path", str(self._scratch)]
        quiet = ["--log-level", "none", "--log-level-file", "none"]
        with environment(**libpq(self.url)):
            done = dbtRunner().invoke([command, *places, *scratch, *quiet, *arguments])
        assert done.success, done.exception
        manifest = json.loads((self._scratch / "manifest.json").read_text("utf-8"))
        with psycopg.connect(self.url) as connection:
            query = load_example(f"{HERE}/origins.py").CATALOGUE
            catalogue = dict(connection.execute(query).fetchall())
        return Built(manifest, catalogue)


@pytest.fixture(scope="module")
def reports(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project over flood reports; its people are invented."""
    name = f"test_lineage_{secrets.token_hex(4)}"
    create_database(postgres_url, name)
    url = with_database(postgres_url, name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("""
            CREATE SCHEMA council; CREATE SCHEMA ops;
            CREATE TABLE council.flood_reports (
                report_id integer, resident_name text, email text, phone text, uprn text,
                ward text, reported_at timestamptz, description text
            );
            INSERT INTO council.flood_reports
            SELECT n, 'Resident ' || n, 'r' || n || '@example.org', '07700 900' || 100 + n,
                'example-' || n, 'ward ' || n % 4, '2026-03-28T12:00:00Z', 'water'
            FROM generate_series(1, 22) AS n
        """)
    yield Project(REPORTS, url, tmp_path_factory.mktemp("reports"))
    drop_database(postgres_url, name)


@dataclass(frozen=True)
class Published:
    """The reference pipeline after a run, and its dbt project."""

    pipeline: Pipeline
    api: ReplayServer
    bucket: str
    url: str
    built: Built


@pytest.fixture(scope="module")
def published(
    postgres_url: str, aws_engine: AwsEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Published]:
    """The reference pipeline, run for one day."""
    name = f"test_lineage_{secrets.token_hex(4)}"
    bucket = name.replace("_", "-")
    create_database(postgres_url, name)
    url = with_database(postgres_url, name)
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
    )
    with ExitStack() as stack:
        api = stack.enter_context(ReplayServer())
        variables = {
            "DATABASE_URL": url,
            "RIVER_LEVELS_API_URL": api.url,
            "RIVER_LEVELS_BUCKET": bucket,
            "RIVER_LEVELS_REQUESTS_PER_SECOND": "1000",
        }
        stack.enter_context(environment(**variables))
        pipeline = stack.enter_context(opened(load_settings()))
        pipeline.prepare()
        pipeline.ingest(WINDOW, "run")
        built = Project(REFERENCE, url, tmp_path_factory.mktemp("reference"))(
            "build", "--exclude-resource-type=test", "--exclude-resource-type=unit_test"
        )
        yield Published(pipeline, api, bucket, url, built)
    drop_database(postgres_url, name)


# --- LIN-1, LIN-2: derived, down to the columns ---------------------------------------


@pytest.mark.rule("LIN-1", "LIN-2")
def test_a_published_column_is_known_back_to_the_raw_table(published: Published) -> None:
    found = published.built.edges()
    column = load_example(f"{HERE}/origins.py").Column
    origins = {(target, origin) for origin, target in found}
    chain = [
        ("serving.river_levels_daily", "highest"),
        ("marts.river_levels_by_day", "highest"),
        ("marts.fct_readings", "value"),
        ("intermediate.int_readings_checked", "value"),
        ("staging.stg_flood_monitoring__readings", "value"),
        ("raw.readings", "value"),
    ]

    for target, origin in itertools.pairwise(chain):
        sources = {tuple(o) for t, o in origins if tuple(t) == target}
        assert origin in sources, f"{target} comes from {sources}"
    names = {(tuple(o), tuple(t)) for o, t in found}
    label = ("staging.stg_flood_monitoring__stations", "station_name")
    assert (("raw.stations", "label"), label) in names, "renamed"
    assert column("raw.readings", "fetched_at") not in {o for o, t in found if "serv" in t[0]}
    served = ("serving.river_levels_daily", "serving.latest_river_levels")
    known = {tuple(target) for _, target in found}
    columns = {(view, c) for view in served for c in published.built.catalogue[view]}
    assert columns - known == set(), "a served column without an origin"


@pytest.mark.rule("LIN-2")
def test_openlineage_says_the_same(reports: Project, tmp_path: Path) -> None:
    variables = {k: str(v) for k, v in libpq(reports.url).items()}
    variables |= {"DBT_PROJECT": str(REPORTS), "OPENLINEAGE_DISABLED": "false"}
    run_shell(f"examples/{HERE}/events.sh", cwd=tmp_path, env=variables)
    with open(tmp_path / "lineage.jsonl", encoding="utf-8") as lines:
        events = load_example(f"{HERE}/events.py").edges_of(lines)

    ours = {
        (f"{origin.relation}.{origin.name}", f"{target.relation}.{target.name}")
        for origin, target in reports.once().edges()
    }

    assert events == ours
    assert (
        "reports_staging.stg_flood_reports.contact",
        "reports_marts.flood_reports_by_ward.households",
    ) in events


@pytest.mark.rule("LIN-2")
def test_the_diagram_is_drawn_from_the_manifest(reports: Project) -> None:
    built = reports.once()
    module = load_example(f"{HERE}/origins.py")

    drawn = module.mermaid(
        built.manifest,
        built.edges(),
        "Where personal data of flood reports go",
        "Reports go through staging into two tables. The duty list and its sheet hold "
        "personal data; the counts by ward and the public page do not.",
    )

    assert_output(f"examples/{HERE}/reports.mmd", drawn)
    assert "duty_list[duty_list]:::bad" in drawn
    assert "flood_reports_by_ward[flood_reports_by_ward]\n" in drawn


# --- LIN-5: personal data -------------------------------------------------------------


@pytest.mark.rule("LIN-5")
def test_a_planted_leak_is_found(reports: Project) -> None:
    module = load_example(f"{HERE}/origins.py")

    def leaks_nothing(variables: str) -> None:
        built = reports("build", "--vars", variables)
        found = module.leaks(built.manifest, built.edges())
        assert found == [], "\n".join(found)

    twins(
        leaks_nothing,
        good="{planted: false}",
        bad="{planted: true}",
        harm=r"public_map: .*marker_label <- .*contact <- council.flood_reports.email",
    )
    built = reports.once("--vars", "{planted: true}")
    assert_output(
        f"examples/{HERE}/leak.out",
        "\n".join(module.leaks(built.manifest, built.edges())).replace(" <- ", "\n  <- "),
    )


@pytest.mark.rule("LIN-5")
def test_a_renamed_column_is_personal_data_still(reports: Project) -> None:
    built = reports.once("--vars", "{planted: true}")
    edges = built.edges()

    def finds_it(module: Any) -> None:
        found = [said for said in module.leaks(built.manifest, edges) if "map" in said]
        assert len(found) == 1, f"the e-mail is on the public map, found {found}"

    twins(
        finds_it, **pair("origins", "greps_for_names"), harm=r"on the public map, found \[\]"
    )


@pytest.mark.rule("LIN-5")
def test_only_an_approved_step_makes_anonymous(reports: Project) -> None:
    module = load_example(f"{HERE}/origins.py")
    built = reports.once()
    model = built.manifest["nodes"]["model.flood_reports.flood_reports_by_ward"]
    edges = built.edges()
    assert module.leaks(built.manifest, edges) == []

    model["columns"]["households"]["meta"]["anonymised"] = ""

    [leak] = module.leaks(built.manifest, edges)
    assert leak.startswith("ward_page: reports_marts.flood_reports_by_ward.households <- ")
    sheet = built.manifest["exposures"]["exposure.flood_reports.duty_officers_sheet"]
    sheet["meta"] = {}
    assert len(module.leaks(built.manifest, edges)) == 3, "two columns of the sheet as well"


@pytest.mark.rule("LIN-5")
def test_ci_fails_where_personal_data_get_out(reports: Project, tmp_path: Path) -> None:
    (tmp_path / "tools").symlink_to(FOLDER)
    (tmp_path / "target").mkdir()
    path = tmp_path / "target" / "manifest.json"
    path_of_ours = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    variables = {"DATABASE_URL": reports.url, "PATH": path_of_ours}
    ref = f"examples/{HERE}/leaks.sh"

    path.write_text(json.dumps(reports.once("--vars", "{planted: true}").manifest), "utf-8")
    leaking = run_shell(ref, cwd=tmp_path, env=variables, exit_code=1)
    path.write_text(json.dumps(reports.once().manifest), "utf-8")
    clean = run_shell(ref, cwd=tmp_path, env=variables)

    assert leaking.stdout.startswith("public_map: ")
    assert clean.stdout == "personal data stay where they may be\n"


def test_an_exposure_of_a_source_is_seen(reports: Project) -> None:
    module = load_example(f"{HERE}/origins.py")
    built = reports.once()
    exposure = built.manifest["exposures"]["exposure.flood_reports.ward_page"]
    exposure["depends_on"]["nodes"] = ["source.flood_reports.council.flood_reports"]

    assert len(module.leaks(built.manifest, built.edges())) == 5


# --- LIN-4: impact --------------------------------------------------------------------


@pytest.mark.rule("LIN-4")
def test_a_pull_request_says_whom_it_reaches(published: Published) -> None:
    manifest = published.built.manifest
    changed = ["models/staging/stg_flood_monitoring__stations.sql"]

    def reaches_the_readers(module: Any) -> None:
        found = module.reached(manifest, changed)
        exposures = [node_id for node_id in found if node_id.startswith("exposure.")]
        assert len(exposures) == 2, f"{len(exposures)} of 2 reports and exports are named"

    twins(
        reaches_the_readers, **pair("origins", "children_only"), harm="0 of 2 reports and ex"
    )
    module = load_example(f"{HERE}/origins.py")
    assert_output(f"examples/{HERE}/impact.out", module.impact(manifest, changed))
    assert "exposures: 0, models: 0, owners: 0." in module.impact(manifest, ["README.md"])


# --- LIN-3: back to the bytes ---------------------------------------------------------


@pytest.mark.rule("LIN-3")
def test_a_published_number_is_traced_to_the_bytes(published: Published) -> None:
    with psycopg.connect(published.url) as connection:
        query = "SELECT highest FROM serving.river_levels_daily WHERE measure_id = %s"
        [(highest,)] = connection.execute(query, (HOGSMILL,)).fetchall()
        good = load_example(f"{HERE}/trace.py")
        origin = good.trace(connection, text_of("trace.sql"), published.bucket, HOGSMILL, DAY)
        shown = {
            "published": float(highest),
            "observed_at": origin.observed_at.isoformat(),
            "object_key": origin.object_key,
            "sha256": origin.sha256,
            "code_version": origin.code_version,
            "item": origin.item,
        }
        assert_output(
            f"examples/{HERE}/trace.out",
            json.dumps(shown, indent=1),
            volatile=[r"127\.0\.0\.1:\d+"],
        )

        # A hydrologist corrects the day; the new answer is kept, and not loaded yet.
        time.sleep(1.1)  # S3 tells the age of objects by the second
        published.api.world.correct(HOGSMILL, origin.observed_at, 9.87, since=WINDOW.start)
        published.pipeline.extract(WINDOW)

        def explains_what_is_published(module: Any) -> None:
            found = module.trace(
                connection, text_of("trace.sql"), published.bucket, HOGSMILL, DAY
            )
            assert round(found.item["value"], 3) == float(highest), (
                f"published is {highest} m, the file says {found.item['value']} m"
            )

        twins(
            explains_what_is_published,
            **pair("trace", "newest_file"),
            harm=r"published is \d\.\d+ m, the file says 9.87 m",
        )


@pytest.mark.rule("LIN-3")
def test_a_broken_chain_is_said(published: Published) -> None:
    trace = load_example(f"{HERE}/trace.py").trace
    query = text_of("trace.sql")
    s3 = boto3.client("s3")
    with psycopg.connect(published.url) as connection:
        origin = trace(connection, query, published.bucket, HOGSMILL, DAY)
        key = {"Bucket": published.bucket, "Key": origin.object_key}
        before = s3.get_object(**key)["Body"].read()

        with pytest.raises(LookupError, match="no origin"):
            trace(connection, query, published.bucket, "nobody", DAY)
        s3.put_object(**key, Body=gzip.compress(b'{"items": []}'))
        with pytest.raises(ValueError, match="was changed"):
            trace(connection, query, published.bucket, HOGSMILL, DAY)
        connection.execute(
            "UPDATE ops.objects SET sha256 = encode(sha256('{\"items\": []}'), 'hex')"
            " WHERE object_key = %s",
            (origin.object_key,),
        )
        with pytest.raises(LookupError, match="holds no reading"):
            trace(connection, query, published.bucket, HOGSMILL, DAY)
        connection.rollback()
        s3.put_object(**key, Body=before)
        assert trace(connection, query, published.bucket, HOGSMILL, DAY) == origin


# --- LIN-6: memory --------------------------------------------------------------------


@pytest.mark.rule("LIN-6")
def test_a_deleted_dataset_keeps_its_lineage(reports: Project) -> None:
    before = [("raw.levels", "marts.old_levels"), ("marts.old_levels", "serving.levels")]
    after = [("raw.levels", "marts.levels"), ("marts.levels", "serving.levels")]
    query = "SELECT origin FROM ops.lineage WHERE target = 'marts.old_levels'"

    def remembers(module: Any) -> None:
        with psycopg.connect(reports.url, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS ops.lineage")
            connection.execute(text_of("edges.sql"))
            module.remember(connection, before, MIDNIGHT)
            module.remember(connection, after, MIDNIGHT + timedelta(days=1))
            found = connection.execute(query).fetchall()
            assert found == [("raw.levels",)], "nobody knows what old_levels was made of"
            module.remember(connection, after, MIDNIGHT)
            [(first, last)] = connection.execute(
                "SELECT first_seen_at, last_seen_at FROM ops.lineage"
                " WHERE target = 'marts.levels'"
            ).fetchall()
            assert first == last == MIDNIGHT + timedelta(days=1)

    twins(
        remembers,
        **pair("remembering", "replaces_the_graph"),
        harm="nobody knows what old_levels was made of",
    )
