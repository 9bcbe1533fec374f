"""What the scanner's answer is turned into, and how it fails."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from guidance.engines import EngineError, scan


def answers(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Put a program that prints a text into checkov's place."""

    def run(*_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, text, "no such folder")

    monkeypatch.setattr(scan, "_installed", lambda *_: Path("python"))
    monkeypatch.setattr(scan.subprocess, "run", run)


def test_what_failed_is_sorted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failed = [{"check_id": f"CKV_AWS_{n}", "resource": "aws_vpc.this"} for n in (2, 1)]
    answers(monkeypatch, json.dumps({"results": {"failed_checks": failed}}))

    assert scan.failed_checks(tmp_path) == [
        ("CKV_AWS_1", "aws_vpc.this"),
        ("CKV_AWS_2", "aws_vpc.this"),
    ]


def test_nothing_to_scan_is_nothing_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers(monkeypatch, json.dumps({"passed": 0}))

    assert scan.failed_checks(tmp_path) == []


def test_no_answer_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers(monkeypatch, "")

    with pytest.raises(EngineError, match="checkov: no such folder"):
        scan.failed_checks(tmp_path)
