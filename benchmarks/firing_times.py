"""Draw what becomes of a daily job at 01:30 in the two nights in which clocks change.

The firings come from examples/orchestration/schedulers; nothing is measured.

    uv run python benchmarks/firing_times.py
"""

from datetime import UTC, datetime, time, timedelta

import matplotlib as mpl

from guidance.evidence import load_example
from guidance.paths import DOCS

PLOT = DOCS / "orchestration" / "firing-times.svg"
AT = time(1, 30)
HOURS = 4


def main() -> None:
    """Draw both nights, one above the other."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "firing-times"
    from matplotlib import pyplot as plt

    firings = load_example("orchestration/schedulers/firings.py")
    figure, panels = plt.subplots(2, 1, figsize=(8, 6), layout="constrained")
    nights = {firings.MARCH: "29 March 2026", firings.OCTOBER: "25 October 2026"}
    for axes, (day, title) in zip(panels, nights.items(), strict=True):
        midnight = datetime.combine(day, time(), firings.LONDON).astimezone(UTC)
        change = datetime.combine(day, time(1), UTC)

        def hours(moment: datetime, start: datetime = midnight) -> float:
            return (moment - start) / timedelta(hours=1)

        for row, policy in enumerate(firings.Policy):
            moments = firings.runs(policy, datetime.combine(day, AT))
            axes.axhline(row, color="#dddddd", zorder=0)
            for moment in moments or []:
                axes.scatter(hours(moment), row, s=110, color="#1d70b8", zorder=2)
            if not moments:
                where = hours(change) + 0.5 * (day == firings.MARCH)
                said = "not documented" if moments is None else "does not run"
                mark = "$?$" if moments is None else "X"
                axes.scatter(where, row, s=110, marker=mark, color="#a4262c", zorder=2)
                axes.annotate(said, (where + 0.12, row), va="center", color="#a4262c")
        axes.axvline(hours(change), color="#505a5f", linestyle="--", zorder=1)
        ticks = [midnight + timedelta(minutes=30 * n) for n in range(2 * HOURS + 1)]
        labels = [f"{tick.astimezone(firings.LONDON):%H:%M\n%Z}" for tick in ticks]
        axes.set_xticks([hours(tick) for tick in ticks], labels)
        axes.set_yticks(range(len(firings.Policy)), [p.value for p in firings.Policy])
        axes.set_ylim(len(firings.Policy) - 0.4, -0.6)
        axes.set_title(f"{title}: a daily job at 01:30, London's clock below", loc="left")
        axes.spines[["top", "right", "left"]].set_visible(False)
    PLOT.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PLOT, metadata={"Date": None})


if __name__ == "__main__":
    main()
