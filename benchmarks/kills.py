"""Draw where the kills of the crash matrix fell, from the committed result.

Writes the plot of docs/reference/proofs.md. Nothing is measured here: the result comes from
``uv run pytest -n 0 -m audit --update-outputs tests/reference/test_crashes.py``.

    uv run python benchmarks/kills.py
"""

import json
from typing import Any

import matplotlib as mpl

from guidance.paths import DOCS, EXAMPLES

RESULTS = EXAMPLES / "reference" / "proofs"
PLOT = DOCS / "reference" / "kills.svg"
STEPS = ("migrate", "extract", "load", "transform", "serve")
RECOVERED, DIFFERS = "#1d70b8", "#d4351c"


def plot(results: dict[str, Any]) -> None:
    """Draw a line for each step: ticks for boundaries, dots for instants within it."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "kills"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 3.6))
    times = sum(len(result["kills"]) for result in results.values())
    for row, step in enumerate(STEPS):
        kills = results[step]["kills"]
        points = [k for k in kills if k["kill"]["point"]]
        for number, verdict in enumerate(points):
            at = number / (len(points) - 1) * 100
            axes.plot(at, row + 0.22, marker="|", markersize=9, color=_colour(verdict))
        for verdict in kills:
            if not verdict["kill"]["point"]:
                at = verdict["kill"]["fraction"] * 100
                axes.plot(at, row - 0.12, marker="o", markersize=4, color=_colour(verdict))
    axes.set_yticks(range(len(STEPS)), STEPS)
    axes.invert_yaxis()
    axes.set(xlabel="% of the time that the step takes (dots); its boundaries in order (bars)")
    axes.set_title(f"{times} kills, blue where the next run mended everything")
    axes.grid(visible=True, axis="x", color="#dddddd")
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


def _colour(verdict: dict[str, Any]) -> str:
    return DIFFERS if verdict["differences"] else RECOVERED


if __name__ == "__main__":
    plot({s: json.loads((RESULTS / f"kills-{s}.json").read_text("utf-8")) for s in STEPS})
