"""Proofs of docs/storage/catalogue.md."""

import dataclasses
import datetime as dt
import json
import os
import runpy
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import jsonschema
import pyarrow as pa
import pytest
import yaml

from guidance.engines import AwsEngine
from guidance.evidence import assert_output, load_example, run_shell, twins, validate_schema
from guidance.paths import EXAMPLES

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

HERE = "storage/catalogue"
FOLDER = EXAMPLES / HERE
PIPELINE = EXAMPLES / "river-levels-etl"
TODAY = dt.date(2026, 11, 27)
NAMED = {
    "owner": "Example team",
    "contact": "data@example.org",
    "information_asset_owner": "Example owner",
    "steward": "Example steward",
}


def example(name: str) -> Any:
    """Load an example of this page."""
    return load_example(f"{HERE}/{name}.py")


def pair(good: str, wrong: str) -> dict[str, Any]:
    """Load an example and its counter-example."""
    return {"good": example(good), "bad": example(f"wrong/{wrong}")}


def read(path: Path) -> Any:
    """Return what a YAML file holds."""
    return yaml.safe_load(path.read_text("utf-8"))


def ours(catalogue: Any) -> list[Any]:
    """Return the datasets of the reference pipeline."""
    models = read(PIPELINE / "dbt" / "models" / "serving" / "_serving.yml")
    more = read(FOLDER / "catalogue.yml")
    found = catalogue.datasets(read(PIPELINE / "pipeline.yml"), models, more)
    return list(found)


# --- META-1, META-3: from what is written already -------------------------------------


@pytest.mark.rule("META-1")
def test_what_people_ask_is_answered_or_open() -> None:
    catalogue = example("catalogue")
    found = ours(catalogue)

    assert [dataset.name for dataset in found] == ["river_levels_daily", "latest_river_levels"]
    for dataset in found:
        assert list(catalogue.faults(dataset, TODAY)) == []
        assert catalogue.open_questions(dataset) == list(NAMED)
    named = dataclasses.replace(found[0], **NAMED)
    assert catalogue.open_questions(named) == []


@pytest.mark.rule("META-1")
def test_a_column_without_a_description_is_refused() -> None:
    modules = pair("catalogue", "blank_is_fine")
    dataset = ours(modules["good"])[0]
    blank = dataclasses.replace(dataset.columns[0], description="", type="")
    broken = dataclasses.replace(
        dataset, description="", columns=(blank, *dataset.columns[1:])
    )

    def says_so(module: Any) -> None:
        found = list(module.faults(broken, TODAY))
        assert len(found) == 3, f"{len(found)} of 3 faults found"
        assert found[0] == "river_levels_daily: say its description"
        assert found[1] == "river_levels_daily.local_date: describe it"

    twins(says_so, **modules, harm="0 of 3 faults found")
    assert list(modules["bad"].faults(dataclasses.replace(dataset, title=None), TODAY))


@pytest.mark.rule("META-3")
def test_the_page_follows_the_models() -> None:
    catalogue = example("catalogue")
    more = read(FOLDER / "catalogue.yml")
    dataset = ours(catalogue)[1]

    text = catalogue.page(dataset)

    assert_output(f"examples/{HERE}/latest_river_levels.out", text)
    assert dataset.key == ("measure_id",)
    pipeline = read(PIPELINE / "pipeline.yml")
    models = read(PIPELINE / "dbt" / "models" / "serving" / "_serving.yml")
    models["models"][1]["columns"][0]["description"] = "The series, renamed."
    again = catalogue.page(catalogue.datasets(pipeline, models, more)[1])
    assert again != text
    assert "renamed" in again
    model = {"name": "x", "columns": [{"name": "a"}], "data_tests": ["some_test"]}
    assert catalogue.key_of(model) == []


@pytest.mark.rule("META-3")
def test_what_people_add_is_nowhere_else() -> None:
    ref = f"examples/{HERE}/catalogue.yml"
    added: Any = validate_schema(ref, f"examples/{HERE}/catalogue.schema.json")
    pipeline = read(PIPELINE / "pipeline.yml")

    outputs = {output["name"] for output in pipeline["outputs"]}
    assert set(added) <= outputs
    for more in added.values():
        assert not set(more) & set(pipeline) - {"title"}


@pytest.mark.rule("META-3")
def test_the_command_writes_a_page_for_each(tmp_path: Path) -> None:
    repository = tmp_path / "river-levels-etl"
    shutil.copytree(PIPELINE / "dbt" / "models", repository / "dbt" / "models")
    shutil.copyfile(PIPELINE / "pipeline.yml", repository / "pipeline.yml")
    shutil.copyfile(FOLDER / "catalogue.yml", repository / "catalogue.yml")
    (repository / "tools").mkdir()
    shutil.copyfile(FOLDER / "catalogue.py", repository / "tools" / "catalogue.py")
    target = repository / "build" / "catalogue"
    target.mkdir(parents=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    run_shell(f"examples/{HERE}/make.sh", cwd=repository, env={"PATH": path})

    assert sorted(file.name for file in target.iterdir()) == [
        "latest_river_levels.md",
        "river_levels_daily.md",
    ]


def test_main_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = example("catalogue")
    pipeline = read(PIPELINE / "pipeline.yml") | {
        "owner": NAMED["owner"],
        "contact": NAMED["contact"],
    }
    more = read(FOLDER / "catalogue.yml")
    for entry in more.values():
        entry |= {"information_asset_owner": "Example owner", "steward": "Example steward"}
    (tmp_path / "pipeline.yml").write_text(json.dumps(pipeline), "utf-8")
    (tmp_path / "more.yml").write_text(json.dumps(more), "utf-8")
    models = PIPELINE / "dbt" / "models" / "serving" / "_serving.yml"
    arguments = [str(tmp_path / "pipeline.yml"), str(models)]

    assert catalogue.main([*arguments, str(tmp_path / "more.yml"), str(tmp_path)], TODAY) == 0
    assert (tmp_path / "catalogue.jsonld").is_file()
    (tmp_path / "more.yml").write_text("{}", "utf-8")
    assert catalogue.main([*arguments, str(tmp_path / "more.yml"), str(tmp_path)], TODAY) == 1
    assert "latest_river_levels: say its title" in capsys.readouterr().err
    whole = [str(FOLDER / "catalogue.py"), *arguments, str(tmp_path / "more.yml")]
    monkeypatch.setattr(sys, "argv", [*whole, str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(whole[0], run_name="__main__")
    assert ended.value.code == 1


# --- META-2: DCAT ---------------------------------------------------------------------


@pytest.mark.rule("META-2")
def test_the_catalogue_leaves_the_house_as_dcat() -> None:
    catalogue = example("catalogue")
    found = [dataclasses.replace(dataset, **NAMED) for dataset in ours(catalogue)]

    said = catalogue.dcat(found, "River levels")

    text = json.dumps({**said, "dcat:dataset": said["dcat:dataset"][1:]}, indent=1)
    assert_output(f"examples/{HERE}/catalogue.jsonld", text)
    validate_schema(f"examples/{HERE}/catalogue.jsonld", f"examples/{HERE}/dcat.schema.json")
    schema = json.loads((FOLDER / "dcat.schema.json").read_text("utf-8"))
    jsonschema.validate(said, schema)
    assert [entry["dct:title"] for entry in said["dcat:dataset"]] == [
        "River levels by day",
        "Latest river levels",
    ]
    for name in said["dcat:dataset"][0]:
        broken = {k: v for k, v in said["dcat:dataset"][0].items() if k != name}
        with pytest.raises(jsonschema.ValidationError, match="is a required property"):
            jsonschema.validate({**said, "dcat:dataset": [broken]}, schema)


@pytest.mark.rule("META-2")
@pytest.mark.parametrize(
    ("cron", "often"),
    [
        ("7 * * * *", "HOURLY"),
        ("0 6 * * *", "DAILY"),
        ("0 6 * * 1", "WEEKLY"),
        ("0 6 1 * *", "MONTHLY"),
        ("0 */2 * * *", "UNKNOWN"),
        ("0 6 * * 1-5", "UNKNOWN"),
    ],
)
def test_how_often_it_changes(cron: str, often: str) -> None:
    assert example("catalogue").frequency(cron) == often


@pytest.mark.rule("META-2")
def test_what_is_open_or_personal_stays_in_the_house() -> None:
    catalogue = example("catalogue")
    dataset = ours(catalogue)[0]
    personal = dataclasses.replace(dataset, **NAMED, personal_data="pseudonymised")

    with pytest.raises(catalogue.NotPublishable, match=r"not named: \['owner', 'contact'"):
        catalogue.dcat([dataset], "River levels")
    with pytest.raises(catalogue.NotPublishable, match="holds personal data"):
        catalogue.dcat([personal], "River levels")
    assert catalogue.dcat([], "River levels")["dcat:dataset"] == []


# --- META-4: Glue ---------------------------------------------------------------------

SCHEMA = pa.schema({"account": pa.string(), "paid": pa.float64()})


@pytest.fixture
def glue(aws_engine: AwsEngine) -> "GlueClient":
    """A client of the emulated Glue, with an empty database ``lake``."""
    client = boto3.client("glue", region_name="eu-west-2")
    for database in client.get_databases()["DatabaseList"]:
        client.delete_database(Name=database["Name"])
    client.create_database(DatabaseInput={"Name": "lake"})
    return client


@pytest.mark.rule("META-4")
def test_days_are_found_by_an_expression(glue: "GlueClient") -> None:
    tables = example("glue_tables")
    place = "s3://lake/refined/payments/"
    tables.declare(glue, "lake", "payments", place, SCHEMA)
    for number in (27, 28, 31, 31):
        tables.add_day(glue, "lake", "payments", dt.date(2026, 1, number))
    tables.add_day(glue, "lake", "payments", dt.date(2026, 2, 1))

    found = tables.days_between(
        glue, "lake", "payments", dt.date(2026, 1, 28), dt.date(2026, 2, 3)
    )

    assert found == ["2026-01-28", "2026-01-31", "2026-02-01"]
    wider = SCHEMA.append(pa.field("paid_on", pa.date32()))
    tables.declare(glue, "lake", "payments", place, wider)
    known = glue.get_table(DatabaseName="lake", Name="payments")["Table"]["StorageDescriptor"]
    assert [c["Type"] for c in known["Columns"]] == ["string", "double", "date"]
    part = glue.get_partition(
        DatabaseName="lake", TableName="payments", PartitionValues=["2026-01-31"]
    )["Partition"]
    assert part["StorageDescriptor"]["Location"] == f"{place}window_date=2026-01-31/"


@pytest.mark.rule("META-4")
def test_a_declared_id_still_joins(tmp_path: Path, glue: "GlueClient") -> None:
    file = tmp_path / "payments.csv"
    file.write_text("account,paid\n007141,0.10\n012345,0.20\n", "utf-8")
    known = {"007141", "012345"}
    given = {"good": SCHEMA, "bad": file}
    modules = pair("glue_tables", "crawls")

    def joins(name: str) -> None:
        columns = modules[name].columns(given[name])
        table = {"Name": f"payments_{name}", "StorageDescriptor": {"Columns": columns}}
        glue.create_table(DatabaseName="lake", TableInput=table)
        found = glue.get_table(DatabaseName="lake", Name=f"payments_{name}")
        kind = found["Table"]["StorageDescriptor"]["Columns"][0]["Type"]
        as_read = {str(int(n)) if kind == "bigint" else n for n in known}
        assert as_read == known, f"as {kind}, {len(as_read & known)} of 2 accounts join"

    twins(joins, good="good", bad="bad", harm="as bigint, 0 of 2 accounts join")


@pytest.mark.rule("META-4")
def test_a_type_that_is_not_declared_is_refused() -> None:
    columns = example("glue_tables").columns

    with pytest.raises(KeyError, match="timestamp"):
        columns(pa.schema({"at": pa.timestamp("ns")}))


# --- META-5: identifiers --------------------------------------------------------------


@pytest.mark.rule("META-5")
def test_one_property_has_one_number() -> None:
    forms = ["000000199356", "199356", " 199356 "]

    def is_one(module: Any) -> None:
        found = {module.uprn(form) for form in forms}
        assert len(found) == 1, f"{len(found)} forms of one property"

    modules = pair("identifiers", "as_it_comes")
    twins(is_one, **modules, harm="3 forms of one property")
    assert modules["good"].uprn("000000199356") == "199356"
    assert modules["good"].usrn("08400001") == "8400001"


@pytest.mark.rule("META-5")
@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("1234567890123", "not 1 to 12 digits"),
        ("199356.0", "not 1 to 12 digits"),
        ("1.99356E+05", "not 1 to 12 digits"),
        ("", "not 1 to 12 digits"),
        ("١٢٣", "not 1 to 12 digits"),
        ("000000000000", "is zero"),
        (199356.0, "is no text: it was read wrongly"),
        (None, "is no text"),
    ],
)
def test_what_is_no_uprn_is_refused(value: object, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        example("identifiers").uprn(value)
    assert str(refused.value).startswith(f"UPRN: {value!r}")


@pytest.mark.rule("META-5")
@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("E0900021", "not a letter and 8 digits"),
        ("Kingston", "not a letter and 8 digits"),
        ("E05013928", "not of kind E09"),
    ],
)
def test_what_is_no_borough_is_refused(value: str, says: str) -> None:
    gss = example("identifiers").gss

    with pytest.raises(ValueError, match=f"GSS: .*{says}"):
        gss(value)
    assert gss(" e09000021 ") == "E09000021"
    assert gss("E05013928", "E05") == "E05013928"


# --- META-7: the end ------------------------------------------------------------------


@pytest.mark.rule("META-7")
def test_a_dataset_that_was_to_go_is_named() -> None:
    catalogue = example("catalogue")
    dataset = dataclasses.replace(ours(catalogue)[0], removed_on=dt.date(2026, 11, 30))

    assert list(catalogue.faults(dataset, dt.date(2026, 11, 30))) == []
    assert "**Goes on 2026-11-30.**" in catalogue.page(dataset)
    late = list(catalogue.faults(dataset, dt.date(2026, 12, 1)))
    assert late == ["river_levels_daily: was to go on 2026-11-30: remove it"]
    models = read(PIPELINE / "dbt" / "models" / "serving" / "_serving.yml")
    models["models"][0]["deprecation_date"] = dt.date(2026, 11, 30)
    assert catalogue.of_model(models["models"][0])["removed_on"] == dt.date(2026, 11, 30)
