"""Proofs of docs/start/index.md."""

from guidance.evidence import assert_output, run_shell
from guidance.paths import ROOT

SECONDS = r"\d+(\.\d)? s\b"


def test_the_demo_shows_what_the_page_shows() -> None:
    shown = run_shell("examples/start/index/demo.sh", cwd=ROOT)

    assert "The second run changed nothing" in shown.stdout
    assert_output("examples/start/index/demo.out", shown.stdout, volatile=[SECONDS])
