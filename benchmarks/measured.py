"""What the benchmarks share: the circumstances, memory, drawings, and tables for pages."""

import datetime as dt
import importlib.metadata
import json
import math
import os
import platform
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

MIB = 1_048_576


# --- circumstances --------------------------------------------------------------------


@contextmanager
def circumstances(packages: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield a result that says when, where and on what it was measured.

    The load average (of one minute, five and fifteen) is noted before and after.
    """
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    )
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", "examples/river-levels-etl"],
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, Any] = {
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
        "commit": commit.stdout.strip() + "+changes" * bool(changed.stdout.strip()),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {"Python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in packages},
        "load_average": {"begin": [round(n, 1) for n in os.getloadavg()]},
    }
    began = dt.datetime.now(dt.UTC)
    yield result
    result["load_average"]["end"] = [round(n, 1) for n in os.getloadavg()]
    result["took_seconds"] = round((dt.datetime.now(dt.UTC) - began).total_seconds())


def told(result: dict[str, Any], script: str) -> str:
    """Return the sentences that belong beneath every table and drawing."""
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    begin, end = (result["load_average"][when] for when in ("begin", "end"))
    return (
        f"Measured by `{script}` on {result['date']} at commit `{result['commit']}`, on"
        f" {result['cores']} cores and {result['memory_gib']} GiB ({result['machine']});"
        f" {versions}.\nLoad average (1, 5, 15 minutes) {listed(begin)} at the beginning,"
        f" {listed(end)} at the end; it took {result['took_seconds']:,} s.\n"
    )


def listed(values: Iterable[float]) -> str:
    """Write numbers with commas between."""
    return ", ".join(f"{value:g}" for value in values)


# --- memory ---------------------------------------------------------------------------


def peak_mib() -> float:
    """Return the most memory that this process ever had, in MiB (Linux)."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1024, 1)


def private_mib(pid: int) -> float:
    """Return the private memory of a process and its children, in MiB (Linux).

    Of a database server this leaves out what its processes share, which is of fixed size.
    """
    total = 0
    try:
        for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            status = Path(f"/proc/{one.pid}/status").read_text("ascii")
            total += sum(
                int(line.split()[1])
                for line in status.splitlines()
                if line.startswith("RssAnon")
            )
    except (psutil.Error, OSError):
        pass  # it ended while we looked
    return total / 1024


def cpu_s(pid: int) -> float:
    """Return the processor seconds of a process, its children, and those that ended."""
    total = 0.0
    for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.Error:
            continue  # it ended while we looked
        total += times.user + times.system + times.children_user + times.children_system
    return total


@dataclass
class Watch:
    """The peak of a server's private memory while a block runs."""

    pid: int
    peak_mib: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Watch":
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.1):
            self.peak_mib = max(self.peak_mib, private_mib(self.pid))


# --- sums -----------------------------------------------------------------------------


def line(points: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Fit y = fixed + each * x, each point weighing by its own size.

    Returns:
        fixed, each, and the largest deviation as a share of the measured value.
    """
    weights = [1 / y**2 for _, y in points]
    total = sum(weights)
    x0 = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / total
    y0 = sum(w * y for w, (_, y) in zip(weights, points, strict=True)) / total
    above = sum(w * (x - x0) * (y - y0) for w, (x, y) in zip(weights, points, strict=True))
    below = sum(w * (x - x0) ** 2 for w, (x, _) in zip(weights, points, strict=True))
    each = above / below
    fixed = y0 - each * x0
    worst = max(abs(fixed + each * x - y) / y for x, y in points)
    return fixed, each, worst


def exponent(small: tuple[float, float], large: tuple[float, float]) -> float:
    """Return k of y ~ x^k between two points: 1 is linear, 2 quadratic, 0 flat."""
    return math.log(large[1] / small[1]) / math.log(large[0] / small[0])


# --- how pages show it ----------------------------------------------------------------


def seconds(value: float) -> str:
    """Write seconds with as many digits as mean something."""
    if value >= 172_800:
        return f"{value / 86_400:,.1f} days"
    if value >= 7_200:
        return f"{value / 3_600:,.1f} h"
    if value >= 100:
        return f"{value:,.0f} s"
    if value >= 1:
        return f"{value:.1f} s"
    return f"{value * 1000:.0f} ms" if value >= 0.01 else f"{value * 1000:.1f} ms"


def size(count: float) -> str:
    """Write bytes in MiB or GiB."""
    if count >= 1024 * MIB:
        return f"{count / 1024 / MIB:,.1f} GiB"
    return f"{count / MIB:,.0f} MiB" if count >= 10 * MIB else f"{count / MIB:.1f} MiB"


def mib(value: float) -> str:
    """Write a number of MiB."""
    return f"{value:,.0f} MiB"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; all columns but the first are numbers."""
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, rule, *rows))


def write(path: Path, text: str) -> None:
    """Write a file, and its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")


def refresh(page: str, tables: Path) -> str:
    """Return a page with each marked part replaced by the table of that name.

    A part begins with ``<!-- begin NAME -->`` and ends with ``<!-- end NAME -->``, each on a
    line of its own.
    """
    for path in sorted(tables.glob("*.md")):
        begin, end = f"<!-- begin {path.stem} -->\n", f"<!-- end {path.stem} -->\n"
        before, found, rest = page.partition(begin)
        _, ended, after = rest.partition(end)
        if found and ended:
            page = f"{before}{begin}\n{path.read_text('utf-8').strip()}\n\n{end}{after}"
    return page


def refresh_page(page: Path, tables: Path) -> None:
    """Replace the marked parts of a page, if the page is there."""
    if page.is_file():
        write(page, refresh(page.read_text("utf-8"), tables))


def pyplot(salt: str) -> Any:
    """Return pyplot, set to write the same SVG from the same numbers."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = salt
    mpl.rcParams["svg.fonttype"] = "none"  # the words stay words
    from matplotlib import pyplot as plt

    return plt


def save(figure: Any, path: Path) -> None:
    """Write a drawing."""
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None}, facecolor="white")


def installed(python: Path, packages: dict[str, str]) -> dict[str, str]:
    """Return the versions of packages in another environment, by the names to show."""
    program = (
        "import importlib.metadata as m, json, sys;"
        "print(json.dumps([m.version(name) for name in sys.argv[1:]]))"
    )
    done = subprocess.run(
        [str(python), "-c", program, *packages], capture_output=True, text=True, check=True
    )
    return dict(zip(packages.values(), json.loads(done.stdout), strict=True))
