"""Waivers: blocks that may be shown without proof, for a while."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import yaml

from guidance.paths import ROOT

WAIVERS = ROOT / "waivers.yml"


class WaiverError(Exception):
    """waivers.yml says something that it must not."""


@dataclass(frozen=True)
class Waiver:
    """Why a block is shown although nothing ran it.

    Attributes:
        owner: who answers for it. expires: last day on which it holds.
    """

    ref: str
    reason: str
    owner: str
    expires: dt.date

    def is_live(self, today: dt.date) -> bool:
        """Whether it still holds."""
        return today <= self.expires


def read_waivers(path: Path = WAIVERS) -> dict[str, Waiver]:
    """Read the waivers, by ref.

    Raises:
        WaiverError: if one lacks a field or its date is none.
    """
    found = {}
    for entry in yaml.safe_load(path.read_text("utf-8")) or []:
        missing = {"ref", "reason", "owner", "expires"} - entry.keys()
        if missing:
            raise WaiverError(f"{path.name}: {entry} lacks {', '.join(sorted(missing))}")
        if not isinstance(entry["expires"], dt.date):
            raise WaiverError(f"{path.name}: {entry['ref']}: expires is no date")
        found[entry["ref"]] = Waiver(**entry)
    return found
