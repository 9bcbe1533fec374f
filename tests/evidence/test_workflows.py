"""What reads workflows tells of bad ones."""

from pathlib import Path

import pytest

from guidance.evidence.workflows import audit_workflows

SOUND = """\
name: Sound
on: push
permissions: {}
jobs:
  one:
    name: One
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - run: echo one
"""


def test_what_zizmor_finds_is_told_by_file(tmp_path: Path) -> None:
    sound, open_ = tmp_path / "sound.yml", tmp_path / "open.yml"
    sound.write_text(SOUND, "utf-8")
    open_.write_text(
        SOUND.replace("echo one", "echo ${{ github.event.issue.title }}"), "utf-8"
    )

    found = audit_workflows([sound, open_])

    assert "template-injection" in found[open_]
    assert "template-injection" not in found[sound]


def test_what_the_schema_refuses_is_an_error(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text(SOUND.replace("runs-on", "runs_on"), "utf-8")

    with pytest.raises(AssertionError, match=r"bad\.yml"):
        audit_workflows([bad])
