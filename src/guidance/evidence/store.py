"""The evidence file: what a test run proved, for the pages and the gate."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from guidance.paths import BUILD

FULL = BUILD / "evidence.json"
PARTIAL = BUILD / "evidence-partial.json"
ONLY_FULL_RUN = "only_full_run"
"""The setting of a build that is to be published: leave partial runs out of it."""


@dataclass(frozen=True)
class Block:
    """What is known about one region that a page shows.

    Attributes:
        sha256: digest of the text that ran.
        level: how it was proved; None if it was not.
        engines: servers that it ran on, with their versions.
        tools: what ran or read it, where that is not Python.
        tests: ids of the tests that ran it and passed.
        problem: why it was not proved, and what to do; None if it was.
        ran_at: when the run that says so ended (UTC), in ISO form; known once read.
    """

    sha256: str
    level: str | None
    engines: list[str] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    problem: str | None = None
    ran_at: str | None = None


@dataclass(frozen=True)
class RuleProof:
    """A passing test that carries a rule's id, and what it ran."""

    test: str
    refs: list[str]
    has_twins: bool


@dataclass
class Evidence:
    """The result of a test run.

    Attributes:
        run: id, commit, finished_at (UTC), python, platform, pass ("" for the main
            pass, else the engine it was repeated on), counts of tests by outcome.
        blocks: by ref. rules: by rule id. skipped: reason by test id.
        uncovered: lines of examples that no passing test ran, by file.
    """

    run: dict[str, object] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    rules: dict[str, list[RuleProof]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    engines: dict[str, dict[str, int]] = field(default_factory=dict)
    uncovered: dict[str, list[int]] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the file at once or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{self.run.get('id', 'new')}.part")
        draft.write_text(json.dumps(asdict(self), indent=1, sort_keys=True), "utf-8")
        draft.replace(path)


def read(path: Path) -> Evidence | None:
    """Read an evidence file; None if there is none."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    ended = document["run"].get("finished_at")
    document["blocks"] = {
        ref: Block(**block | {"ran_at": block.get("ran_at") or ended})
        for ref, block in document["blocks"].items()
    }
    document["rules"] = {
        rule: [RuleProof(**proof) for proof in proofs]
        for rule, proofs in document["rules"].items()
    }
    return Evidence(**document)


def read_passes(commit: object, folder: Path = BUILD) -> list[Evidence]:
    """Read the evidence of a commit's passes on other engines, such as LocalStack."""
    found = [read(path) for path in sorted(folder.glob("evidence-pass-*.json"))]
    return [one for one in found if one and one.run.get("commit") == commit]


def read_latest(full: Path = FULL, partial: Path = PARTIAL) -> Evidence:
    """Read the last full run, with newer partial runs laid over its blocks.

    For authors at work only: nothing is published on the strength of it.
    """
    evidence = read(full) or Evidence()
    if newer := read(partial):
        proved = {ref: block for ref, block in newer.blocks.items() if block.level}
        evidence.blocks |= proved
        for rule, proofs in newer.rules.items():
            evidence.rules.setdefault(rule, []).extend(proofs)
    return evidence
