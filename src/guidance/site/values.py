"""Local values and dated facts: what only the councils know, and what rots.

A page writes ``[[local:dpo-contact]]`` or ``[[fact:postgres-14-end]]``. An unset local
value becomes a question to ask; a fact past its date says so.
"""

import datetime as dt
import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

from guidance.paths import ROOT

LOCAL_VALUES = ROOT / "local-values.yml"
FACTS = ROOT / "facts.yml"
SLOT = re.compile(r"\[\[(?P<kind>local|fact):(?P<key>[a-z0-9-]+)\]\]")


class ValueMissing(Exception):
    """A local value or a fact is not there, or lacks what it has to say."""


FORBID = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class LocalValue:
    """Something that only the councils know.

    Attributes:
        what: what it is, as the end of "ask … for …".
        ask: who knows it. value: None until it is filled in.
    """

    __pydantic_config__ = FORBID

    key: str
    what: str
    ask: str
    value: str | None = None


@dataclass(frozen=True)
class Fact:
    """Something that is true on a date.

    Attributes:
        text: as pages print it.
        source: address of the page that says so, or what was run or read.
        checked_on: when somebody read it there. recheck_by: last day of trust.
    """

    __pydantic_config__ = FORBID

    key: str
    text: str
    source: str
    checked_on: dt.date
    recheck_by: dt.date
    note: str = ""

    def __post_init__(self) -> None:
        if self.recheck_by <= self.checked_on:
            raise ValueError("recheck_by has to be later than checked_on")

    def is_stale(self, today: dt.date) -> bool:
        """Whether it has to be read again."""
        return today > self.recheck_by


def _read[T](path: Path, kind: type[T]) -> dict[str, T]:
    """Read a file of entries by key.

    Raises:
        ValueMissing: if an entry lacks a field, has an unknown one or a wrong one.
    """
    entries = _entries(path)
    adapter = TypeAdapter(kind)
    found = {}
    for key, entry in entries.items():
        try:
            found[key] = adapter.validate_python({"key": key} | (entry or {}))
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            field = f"{fault['loc'][0]}: " if fault["loc"] else ""
            what = f"{field}{fault['msg'].removeprefix('Value error, ')}"
            raise ValueMissing(f"{path.name}, {key}: {what}: mend the entry") from error
    return found


def _entries(path: Path) -> dict[str, dict[str, Any] | None]:
    try:
        found = yaml.safe_load(path.read_text("utf-8")) or {}
    except (yaml.YAMLError, ValueError) as error:  # ValueError: such as a month 13
        what = " ".join(str(error).split())
        raise ValueMissing(f"{path.name} is no YAML: {what}: mend it") from error
    if not isinstance(found, dict):
        raise ValueMissing(f"{path.name} is no mapping: write each entry under its key")
    return found


def read_local_values(path: Path = LOCAL_VALUES) -> dict[str, LocalValue]:
    """Read the local values, by key."""
    return _read(path, LocalValue)


def read_facts(path: Path = FACTS) -> dict[str, Fact]:
    """Read the dated facts, by key."""
    return _read(path, Fact)


@dataclass(frozen=True)
class Slots:
    """Fills the slots of pages."""

    local_values: dict[str, LocalValue]
    facts: dict[str, Fact]
    today: dt.date

    def fill(self, page: str, markdown: str) -> str:
        """Replace every slot by its value.

        Raises:
            ValueMissing: if a slot names nothing that was entered.
        """

        def filled(match: re.Match[str]) -> str:
            kind, key = match["kind"], match["key"]
            try:
                if kind == "local":
                    return local_html(self.local_values[key])
                return self._fact(self.facts[key])
            except KeyError as error:
                name = "local-values.yml" if kind == "local" else "facts.yml"
                raise ValueMissing(f"{page}: {key} is not in {name}") from error

        return SLOT.sub(filled, markdown)

    def _fact(self, fact: Fact) -> str:
        checked = f"{fact.checked_on.day} {fact.checked_on:%B %Y}"
        overdue = overdue_html(fact, self.today)
        return (
            f'{fact.text} <span class="fact">({source_html(fact)}, '
            f"checked {checked})</span>{overdue and f' {overdue}'}"
        )


def overdue_html(fact: Fact, today: dt.date) -> str:
    """Return the warning on a fact that is past its date; "" on any other."""
    if not fact.is_stale(today):
        return ""
    return f'<strong class="fact-stale">Check again: due {fact.recheck_by}</strong>'


def source_html(fact: Fact) -> str:
    """Return the source of a fact, as a link if it is a page."""
    source = html.escape(fact.source, quote=True)
    if fact.source.startswith("https://"):
        return f'<a href="{source}">source</a>'
    return source


def local_html(value: LocalValue) -> str:
    """Return a local value, or the question that stands for it."""
    if value.value is not None:
        return html.escape(value.value)
    ask, what = html.escape(value.ask), html.escape(value.what)
    return f'<mark class="local-unset">ask {ask}: {what}</mark>'
