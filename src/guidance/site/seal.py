"""The seal of a site that passed the gate: of which commit it is, and what it holds.

``guidance site`` puts it into the site last of all. ``guidance deploy`` uploads nothing
without it, so that neither the draft of ``mkdocs build`` nor a site that was changed
afterwards is published.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "published.json"
SOURCES = "source"
"""The folder of the examples that pages show; nothing in it is a page."""


class SealError(Exception):
    """The site is not what passed the gate; says what to do."""


@dataclass(frozen=True)
class Seal:
    """What passed the gate.

    Attributes:
        commit: that the tests ran on; empty if it is unknown.
        is_clean: whether nothing was changed since that commit.
        tested_at: end of the test run, ISO 8601 in UTC.
        pages: how many pages the site has.
        sha256: digest of every file's path and content.
    """

    commit: str
    is_clean: bool
    tested_at: str
    pages: int
    sha256: str


def put(site: Path, run: Mapping[str, object]) -> Seal:
    """Seal a site.

    Args:
        site: the built site, complete.
        run: the test run that it rests on, from the evidence.
    """
    seal = Seal(
        commit=str(run.get("commit") or ""),
        is_clean=bool(run.get("is_clean")),
        tested_at=str(run.get("finished_at") or ""),
        pages=count_pages(path.relative_to(site).as_posix() for path in _files(site)),
        sha256=_digest(site),
    )
    (site / NAME).write_text(json.dumps(asdict(seal), indent=1) + "\n", "utf-8")
    return seal


def read(site: Path) -> Seal:
    """Return the seal of a site, if it is whole.

    Raises:
        SealError: if there is none, or if the site was changed since.
    """
    try:
        seal = Seal(**json.loads((site / NAME).read_text("utf-8")))
    except FileNotFoundError:
        raise SealError(
            f"{site} did not pass the gate: build it with `uv run guidance site`"
        ) from None
    except (ValueError, TypeError):
        raise SealError(f"{site / NAME} is no seal: run `uv run guidance site`") from None
    if seal.sha256 != _digest(site):
        raise SealError(
            f"{site} was changed after it passed the gate: run `uv run guidance site` again"
        )
    return seal


def count_pages(names: Iterator[str]) -> int:
    """Count the pages among file names that are relative to the site."""
    return sum(name.endswith(".html") and not name.startswith(f"{SOURCES}/") for name in names)


def _files(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*") if path.is_file() and path != site / NAME)


def _digest(site: Path) -> str:
    whole = hashlib.sha256()
    for path in _files(site):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{content} {path.relative_to(site).as_posix()}\n".encode())
    return whole.hexdigest()
