"""Killed between any two steps and run again: nothing lost or doubled."""

# --8<-- [start:crash]
import sys
from pathlib import Path

import pytest

from crash import STEPS, killed_after
from river_levels.pipeline import Pipeline
from river_levels.windows import Window
from state import state

THREE_DAYS = Window.parse("2026-03-28", "2026-03-31")
CHILD = Path(__file__).with_name("crash.py")
COMMAND = [sys.executable, str(CHILD), "2026-03-28", "2026-03-31"]


@pytest.mark.parametrize("step", STEPS[:-1])
def test_rerun_repairs_when_killed_after(
    step: str, pipeline: Pipeline, clean: dict[str, list[object]]
) -> None:
    assert killed_after(step, COMMAND)

    pipeline.run(THREE_DAYS)

    assert state(pipeline.settings.libpq_url) == clean


# --8<-- [end:crash]
