"""What the running test really did, noted while it does it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path


class Level(StrEnum):
    """How a block was proved, best first."""

    EXECUTED = "executed"
    EMULATED = "emulated"
    PLANNED = "planned"
    VALIDATED = "validated"


@dataclass
class Proof:
    """One region that a test ran, by other means than coverage.

    Attributes:
        sha256: of the text that ran.
        level: the best that may be claimed; the test's engines may lower it.
        form: which of a text's several forms ran, such as the incremental one of a
            dbt model; empty where there is only one.
    """

    ref: str
    sha256: str
    level: Level
    tool: str = ""
    form: str = ""


@dataclass
class TestRecord:
    """What one test did.

    Attributes:
        outcome: ``passed`` only if setup, call and teardown all passed.
        assertions: how many assertions of its call held.
        engines: name, version and kind of the servers that it used.
        loaded: example files that it imported.
    """

    __test__ = False

    nodeid: str
    rules: list[str] = field(default_factory=list)
    outcome: str = "unknown"
    reason: str = ""
    duration_s: float = 0.0
    assertions: int = 0
    engines: set[tuple[str, str, str]] = field(default_factory=set)
    proofs: list[Proof] = field(default_factory=list)
    twins: int = 0
    loaded: set[str] = field(default_factory=set)

    @property
    def is_proof(self) -> bool:
        """Whether it passed strictly and asserted something."""
        return self.outcome == "passed" and self.assertions > 0

    @classmethod
    def from_json(cls, line: str) -> "TestRecord":
        """Read a record that :meth:`to_json` wrote."""
        fields = json.loads(line)
        fields["engines"] = {tuple(engine) for engine in fields["engines"]}
        fields["proofs"] = [Proof(**proof) for proof in fields["proofs"]]
        fields["loaded"] = set(fields["loaded"])
        return cls(**fields)

    def to_json(self) -> str:
        """Write the record as one line."""
        fields = asdict(self)
        fields["engines"] = sorted(self.engines)
        fields["loaded"] = sorted(self.loaded)
        return json.dumps(fields)


@dataclass
class Recorder:
    """Collects the records of one process.

    Notes that come while no test's call runs (in a fixture, say) are kept apart:
    they prove nothing, but a fixture's engines belong to the tests that use it.
    """

    current: TestRecord | None = None
    records: list[TestRecord] = field(default_factory=list)
    fixture_engines: dict[str, set[tuple[str, str, str]]] = field(default_factory=dict)
    _fixture: str | None = None

    def engine(self, name: str, version: str, kind: str) -> None:
        """Note that a server was started or found."""
        engine = (name, version, kind)
        if self._fixture is not None:
            self.fixture_engines.setdefault(self._fixture, set()).add(engine)
        elif self.current is not None:
            self.current.engines.add(engine)

    def proof(self, proof: Proof) -> None:
        """Note that a region ran."""
        if self.current is not None and self._fixture is None:
            self.current.proofs.append(proof)

    def loaded(self, path: str) -> None:
        """Note that an example was imported."""
        if self.current is not None and self._fixture is None:
            self.current.loaded.add(path)

    def twin(self) -> None:
        """Note that a counter-example did its harm."""
        if self.current is not None and self._fixture is None:
            self.current.twins += 1

    @contextmanager
    def in_fixture(self, name: str) -> Iterator[None]:
        """Charge what happens to the fixture ``name``."""
        before, self._fixture = self._fixture, name
        try:
            yield
        finally:
            self._fixture = before

    def write(self, path: Path) -> None:
        """Write the records, a line each, at once or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        draft.write_text("".join(r.to_json() + "\n" for r in self.records), "utf-8")
        draft.replace(path)


RECORDER = Recorder()
