"""The order in which windows are run, and how often, changes nothing."""

# --8<-- [start:windows]
from collections.abc import Callable, Sequence

from river_levels.pipeline import Pipeline
from river_levels.windows import Window
from state import state

A = Window.parse("2026-03-28", "2026-03-29")
B = Window.parse("2026-03-29", "2026-03-31")


def after(pipeline: Pipeline, windows: Sequence[Window]) -> object:
    """Run some windows on an empty pipeline; return what is loaded."""
    for window in windows:
        pipeline.ingest(window, "test")
    url = pipeline.settings.libpq_url
    return state(url, "raw.readings", "raw.quarantine")


def test_windows_end_alike_when_run_in_any_order_or_twice(
    new_pipeline: Callable[[], Pipeline],
) -> None:
    once_in_order = after(new_pipeline(), [A, B])

    assert after(new_pipeline(), [B, A, B]) == once_in_order


# --8<-- [end:windows]
