"""Make a catalogue from what a pipeline says of itself anyway."""

# --8<-- [start:datasets]
import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

type Yaml = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of a dataset."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Dataset:
    """What people ask about an output; None is a question still open."""

    name: str
    title: str
    description: str
    owner: str | None
    contact: str | None
    information_asset_owner: str | None
    steward: str | None
    classification: str
    personal_data: str
    licences: tuple[str, ...]
    sources: tuple[str, ...]
    cron: str
    zone: str
    coverage: tuple[str, ...]
    keywords: tuple[str, ...]
    grain: str
    key: tuple[str, ...]
    retention: str
    columns: tuple[Column, ...]
    removed_on: date | None


def datasets(pipeline: Yaml, models: Yaml, more: Yaml) -> list[Dataset]:
    """Return the outputs that dbt models, with all that is known of them.

    Args:
        pipeline: what pipeline.yml holds.
        models: a properties file of dbt.
        more: what catalogue.yml holds.
    """
    described = {model["name"]: model for model in models["models"]}
    shared = {
        "owner": pipeline["owner"],
        "contact": pipeline["contact"],
        "classification": pipeline["classification"],
        "personal_data": pipeline["personal_data"],
        "licences": tuple(s["licence"] for s in pipeline["sources"]),
        "sources": tuple(s["name"] for s in pipeline["sources"]),
        "cron": pipeline["schedule"]["cron"],
        "zone": pipeline["schedule"]["timezone"],
        "retention": str(pipeline["retention"]["marts"]),
    }
    return [
        Dataset(
            name=output["name"],
            grain=output["grain"],
            **shared,
            **of_model(described[output["name"]]),
            **of_file(more.get(output["name"], {})),
        )
        for output in pipeline["outputs"]
        if output["name"] in described
    ]


def of_model(model: Yaml) -> dict[str, Any]:
    """Return what a model of dbt says."""
    return {
        "description": " ".join(model.get("description", "").split()),
        "columns": tuple(
            Column(
                column["name"],
                column.get("data_type", ""),
                column.get("description", ""),
            )
            for column in model.get("columns", [])
        ),
        "key": tuple(key_of(model)),
        "removed_on": model.get("deprecation_date"),
    }


def key_of(model: Yaml) -> list[str]:
    """Return the columns that a test of dbt holds unique."""
    for test in model.get("data_tests", []):
        if isinstance(test, dict) and "unique_together" in test:
            return list(test["unique_together"]["arguments"]["columns"])
    return [
        column["name"]
        for column in model.get("columns", [])
        if "unique" in column.get("data_tests", [])
    ]


def of_file(more: Yaml) -> dict[str, Any]:
    """Return what people had to add."""
    return {
        "title": more.get("title", ""),
        "keywords": tuple(more.get("keywords", [])),
        "coverage": tuple(more.get("coverage", [])),
        "information_asset_owner": more.get("information_asset_owner"),
        "steward": more.get("steward"),
    }


# --8<-- [end:datasets]


# --8<-- [start:faults]
def faults(dataset: Dataset, today: date) -> Iterator[str]:
    """Yield why a dataset must not go into the catalogue."""
    for field in ("title", "description", "grain", "key", "coverage"):
        if not getattr(dataset, field):
            yield f"{dataset.name}: say its {field}"
    for column in dataset.columns:
        if not column.description:
            yield f"{dataset.name}.{column.name}: describe it"
        if not column.type:
            yield f"{dataset.name}.{column.name}: declare its type"
    if dataset.removed_on and dataset.removed_on < today:
        yield f"{dataset.name}: was to go on {dataset.removed_on}: remove it"


def open_questions(dataset: Dataset) -> list[str]:
    """Return the questions that keep a dataset from being published."""
    asked = ("owner", "contact", "information_asset_owner", "steward")
    return [name for name in asked if getattr(dataset, name) is None]


# --8<-- [end:faults]


# --8<-- [start:page]
def page(dataset: Dataset) -> str:
    """Return a dataset's page in the catalogue, as Markdown."""
    facts = {
        "Owner": dataset.owner,
        "Contact": dataset.contact,
        "Information asset owner": dataset.information_asset_owner,
        "Steward": dataset.steward,
        "Classification": dataset.classification,
        "Personal data": dataset.personal_data,
        "Licence": ", ".join(dataset.licences),
        "Source": ", ".join(dataset.sources),
        "Runs at (cron)": f"{dataset.cron} {dataset.zone}",
        "Area": ", ".join(dataset.coverage),
        "Grain": dataset.grain,
        "Key": ", ".join(dataset.key),
        "Kept": dataset.retention,
    }
    lines = [f"# {dataset.title}", "", dataset.description, ""]
    if dataset.removed_on:
        lines += [f"**Goes on {dataset.removed_on}.**", ""]
    lines += ["| | |", "| --- | --- |"]
    lines += [
        f"| {name} | {v or 'not named yet'} |" for name, v in facts.items()
    ]
    lines += ["", "| Column | Type | Meaning |", "| --- | --- | --- |"]
    lines += [
        f"| `{column.name}` | {column.type} | {column.description} |"
        for column in dataset.columns
    ]
    return "\n".join(lines) + "\n"


# --8<-- [end:page]


# --8<-- [start:dcat]
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
}
AREA = "http://statistics.data.gov.uk/id/statistical-geography/"
FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/"
LICENCES = {
    "Open Government Licence v3.0": "https://www.nationalarchives.gov.uk"
    "/doc/open-government-licence/version/3/",
}


def frequency(cron: str) -> str:
    """Return how often a schedule runs, in the words of the EU's list."""
    _, hour, day, _, weekday = (
        "n" if part.isdigit() else part for part in cron.split()
    )
    known = {
        ("*", "*", "*"): "HOURLY",
        ("n", "*", "*"): "DAILY",
        ("n", "*", "n"): "WEEKLY",
        ("n", "n", "*"): "MONTHLY",
    }
    return known.get((hour, day, weekday), "UNKNOWN")


class NotPublishable(Exception):
    """A dataset must not leave the house; says why."""


def dcat(found: Sequence[Dataset], title: str) -> dict[str, Any]:
    """Return a catalogue in DCAT, as JSON-LD.

    Raises:
        NotPublishable: if a question is open, or personal data is in it.
    """
    return {
        "@context": CONTEXT,
        "@type": "dcat:Catalog",
        "dct:title": title,
        "dcat:dataset": [in_dcat(dataset) for dataset in found],
    }


def in_dcat(dataset: Dataset) -> dict[str, Any]:
    """Return one dataset in DCAT."""
    if questions := open_questions(dataset):
        raise NotPublishable(f"{dataset.name}: not named: {questions}")
    if dataset.personal_data != "none":
        raise NotPublishable(f"{dataset.name}: holds personal data")
    return {
        "@type": "dcat:Dataset",
        "dct:identifier": dataset.name,
        "dct:title": dataset.title,
        "dct:description": dataset.description,
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": dataset.owner},
        "dcat:contactPoint": {
            "@type": "vcard:Organization",
            "vcard:fn": dataset.owner,
            "vcard:hasEmail": {"@id": f"mailto:{dataset.contact}"},
        },
        "dcat:keyword": list(dataset.keywords),
        "dct:license": [{"@id": LICENCES[name]} for name in dataset.licences],
        "dct:accrualPeriodicity": {"@id": FREQUENCY + frequency(dataset.cron)},
        "dct:spatial": [{"@id": AREA + code} for code in dataset.coverage],
    }


# --8<-- [end:dcat]


# --8<-- [start:main]
def main(arguments: Sequence[str], today: date) -> int:
    """Write a page for each dataset; 1 if there are faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("pipeline", "models", "more", "target"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args(arguments)
    texts = [given.pipeline, given.models, given.more]
    found = datasets(*(yaml.safe_load(t.read_text("utf-8")) for t in texts))
    problems = [fault for dataset in found for fault in faults(dataset, today)]
    for problem in problems:
        print(problem, file=sys.stderr)
    for dataset in found:
        path = given.target / f"{dataset.name}.md"
        path.write_text(page(dataset), "utf-8")
    if not problems and not any(open_questions(d) for d in found):
        text = json.dumps(dcat(found, "River levels"), indent=1)
        (given.target / "catalogue.jsonld").write_text(text, "utf-8")
    return 1 if problems else 0


# --8<-- [end:main]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], datetime.now(UTC).date()))
