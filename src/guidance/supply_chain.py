"""What we did not write: bills of materials, and what is known to be wrong with it.

Every environment of this repository comes from a ``uv.lock``. What stands in the locks
can therefore be listed and looked up without installing any of it.
"""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from guidance.engines.aws import _installed
from guidance.engines.postgres import EngineError
from guidance.paths import ROOT

PROJECT = Path(__file__).parent / "engines" / "supply_chain"
JUSTIFIED = PROJECT / "justified.yml"
TIMEOUT_S = 600
EVERYTHING = ("--quiet", "--frozen", "--all-groups", "--all-extras")


@dataclass(frozen=True)
class Flaw:
    """A known vulnerability of something that a lock names."""

    lock: str
    name: str
    version: str
    id: str
    fixed_in: str

    def __str__(self) -> str:
        mended = f"mended in {self.fixed_in}" if self.fixed_in else "not mended yet"
        return f"`{self.name}` {self.version}, {self.id}: {mended} ({self.lock})"


def locks(root: Path = ROOT) -> list[Path]:
    """Return each ``uv.lock`` that git knows of."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", "*uv.lock"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [root / name for name in sorted(listed.stdout.split("\0")) if name]


def bills(folder: Path, root: Path = ROOT) -> int:
    """Write a bill of materials (CycloneDX 1.5, JSON) for each lock; return 0."""
    folder.mkdir(parents=True, exist_ok=True)
    for lock in locks(root):
        path = folder / f"{_name(lock, root).replace('/', '-')}.cdx.json"
        _export(lock, path, "--format", "cyclonedx1.5")
        found = len(json.loads(path.read_text("utf-8"))["components"])
        print(f"{path}: {found} components")
    return 0


def vulnerabilities(root: Path = ROOT, today: dt.date | None = None) -> int:
    """Print what is known to be wrong with what is locked, as Markdown.

    Returns:
        0 if nothing is, or all of it is justified; 1 if not; 2 if nobody could be asked.
    """
    try:
        found = [flaw for lock in locks(root) for flaw in flaws(lock, root)]
    except EngineError as error:
        print(f"guidance: {error}", file=sys.stderr)
        return 2
    accepted = justified(today or dt.datetime.now(dt.UTC).date())
    left = [flaw for flaw in found if flaw.id not in accepted]
    print("# Known vulnerabilities\n")
    for flaw in left:
        print(f"- {flaw}")
    if not left:
        print(f"None in {len(locks(root))} locks, {len(found)} justified.")
    return 1 if left else 0


def justified(today: dt.date) -> set[str]:
    """Return the vulnerabilities that somebody accepted, with a reason, until a day."""
    entries = yaml.safe_load(JUSTIFIED.read_text("utf-8")) or {}
    return {name for name, entry in entries.items() if entry["until"] >= today}


def flaws(lock: Path, root: Path = ROOT) -> Iterator[Flaw]:
    """Ask pip-audit's service about what a lock names.

    Raises:
        EngineError: if it does not answer.
    """
    python = _installed(PROJECT, sys.executable)
    with tempfile.TemporaryDirectory() as place:
        wanted = Path(place) / "requirements.txt"
        _export(lock, wanted, "--no-emit-local", "--no-header")
        done = subprocess.run(
            [
                *(str(python), "-m", "pip_audit", "--disable-pip", "--require-hashes"),
                *("--progress-spinner", "off", "--format", "json", "-r", str(wanted)),
            ],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        raise EngineError(f"pip-audit: {done.stderr.strip()[-300:]}") from None
    for package in packages:
        for flaw in package.get("vulns", []):
            fixed_in = ", ".join(flaw["fix_versions"])
            yield Flaw(
                _name(lock, root), package["name"], package["version"], flaw["id"], fixed_in
            )


def _name(lock: Path, root: Path) -> str:
    folder = lock.parent.relative_to(root)
    return folder.as_posix() if folder.parts else "root"


def _export(lock: Path, path: Path, *options: str) -> None:
    uv = os.environ.get("UV") or shutil.which("uv") or "uv"
    where = ("--project", str(lock.parent), "--output-file", str(path))
    done = subprocess.run(
        [uv, "export", *EVERYTHING, *options, *where],
        env={k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EngineError(f"uv export, {lock.parent.name}: {done.stderr.strip()[-300:]}")
