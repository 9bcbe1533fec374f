"""Compare what a page shows as output with what really came out."""

import difflib
import os
import re
from collections.abc import Sequence

from guidance.evidence import regions
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import ROOT

UPDATE = "GUIDANCE_UPDATE_OUTPUTS"


def assert_output(ref: str, actual: str, volatile: Sequence[str] = ()) -> None:
    """Assert that the output file ``ref`` says what came out.

    Args:
        ref: a whole file; its text is shown on a page.
        actual: what came out.
        volatile: regular expressions of what differs from run to run, such as
            durations; they are compared by their shape only.

    Raises:
        AssertionError: with the difference, and how to accept it.
    """
    __tracebackhide__ = True
    path = ROOT / ref
    if os.environ.get(UPDATE):
        path.write_text(actual.strip("\n") + "\n", encoding="utf-8", newline="\n")
    shown = path.read_text("utf-8") if path.exists() else ""
    before, after = (_steady(text, volatile) for text in (shown, actual))
    if before != after:
        lines = difflib.unified_diff(
            before.splitlines(), after.splitlines(), ref, "what came out", lineterm=""
        )
        raise AssertionError(
            "\n".join(lines) + "\nif it is right, run pytest with --update-outputs"
        )
    sha256 = regions.find(ref).sha256
    RECORDER.proof(Proof(ref, sha256, Level.EXECUTED, "output compared"))


def _steady(text: str, volatile: Sequence[str]) -> str:
    for pattern in volatile:
        text = re.sub(pattern, "~", text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
