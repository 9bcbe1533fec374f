"""Only assertions of this repository make a test a proof."""

import os
import sys
from pathlib import Path
from types import FrameType

import pytest

from guidance.evidence.plugin import OF_A_CI, _is_constant, _is_ours
from guidance.paths import ROOT


def frame_in(path: Path, name: str = "somewhere") -> FrameType:
    """Return a frame of code that stands in a file."""
    values: dict[str, object] = {"__name__": name}
    exec(compile("import sys\nframe = sys._getframe()", str(path), "exec"), values)  # noqa: S102
    frame = values["frame"]
    assert isinstance(frame, FrameType)
    return frame


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        (ROOT / "tests" / "site" / "test_a.py", True),
        (ROOT / "examples" / "a.py", True),
        (ROOT / ".venv" / "lib" / "site-packages" / "library" / "core.py", False),
        (Path(sys.prefix).parent.parent / "elsewhere.py", False),
    ],
)
def test_a_library_proves_nothing(path: Path, ours: bool) -> None:
    assert _is_ours(frame_in(path)) is ours


@pytest.mark.parametrize("text", ["True", "1", "'a'", "[1, 2]"])
def test_a_constant_proves_nothing(text: str) -> None:
    assert _is_constant(text)
    assert not _is_constant(f"f({text})")


def test_assertions_that_hold_cost_the_same_in_ci() -> None:
    assert not os.environ.keys() & set(OF_A_CI)  # pytest would compare all to the end
