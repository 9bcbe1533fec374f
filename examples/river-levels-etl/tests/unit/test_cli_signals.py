"""What the command line does when it is asked to end."""

import argparse
import signal

import pytest

from river_levels import cli


def test_a_stopped_container_says_so_and_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(options: argparse.Namespace) -> int:
        return signal.raise_signal(signal.SIGTERM) or 0

    monkeypatch.setattr(cli, "_run", stopped)
    before = signal.getsignal(signal.SIGTERM)
    try:
        code = cli.main(["migrate"])
    finally:
        signal.signal(signal.SIGTERM, before)

    assert code == 130
    assert "interrupted; run again" in capsys.readouterr().err
