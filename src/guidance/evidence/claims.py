"""Say what a tool did with a file of the site, where no helper says it by itself."""

from pathlib import Path

from guidance.evidence import regions
from guidance.evidence.recorder import RECORDER, Level, Proof


def prove(ref: str, level: Level, tool: str) -> None:
    """Note what a tool did with a file, or a region, as it stands now.

    Args:
        ref: as a page includes it.
        level: no more than really happened.
        tool: its name and version, or how it was done.
    """
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, level, tool))


def prove_file(path: Path, level: Level, tool: str) -> None:
    """Note what a tool did with a file, and with every region that pages show of it."""
    for ref in regions.refs_in(path):
        prove(ref, level, tool)
