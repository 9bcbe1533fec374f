"""Command line: ``river-levels COMMAND``."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from river_levels import __version__
from river_levels.config import load_settings
from river_levels.errors import RiverLevelsError
from river_levels.ledger import Counts
from river_levels.logs import set_up
from river_levels.pipeline import Pipeline, opened
from river_levels.windows import Window

log = logging.getLogger(__name__)

EXIT_CODES = """\
exit codes:
  0  done
  1  a fault in the program: report it with the log
  2  a setting or an argument is missing or wrong
  3  the source failed                     run again when it answers
  4  S3 failed or refused                  see the message
  5  PostgreSQL failed or refused          see the message
  6  too much of the data is bad           look at raw.quarantine
  7  a dbt model or test failed            mend it, run again
  8  another run holds the lock            wait for it

Every command may be repeated: doing it twice is the same as doing it once.
Windows are half-open, [start, end), and in UTC.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code."""
    options = _parser().parse_args(arguments)
    if threading.current_thread() is threading.main_thread():
        # As a container's first process we would not hear of it otherwise.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.command == "demo":
            from river_levels.demo import demo

            return demo()
        return _run(options)
    except RiverLevelsError as error:
        print(f"river-levels: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("river-levels: interrupted; run again", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace) -> int:
    window = None
    if "window_start" in options:
        window = Window.parse(options.window_start, options.window_end)
        if options.overlap_hours:
            window = window.widened(timedelta(hours=options.overlap_hours))
    settings = load_settings()
    set_up(settings.log_level, pipeline="river-levels-etl", code=__version__)
    with opened(settings) as pipeline:
        if options.command != "extract":
            pipeline.prepare()
        if window is None:
            print(_WITHOUT_WINDOW[options.command](pipeline))
        elif options.command == "backfill":
            step = timedelta(days=options.step_days)
            for part, counts in pipeline.backfill(
                window, step, again=options.again
            ):
                done = _sentence(counts) if counts else "done before"
                print(f"{part} {done}", flush=True)
        else:
            action = _WITH_WINDOW[options.command]
            print(f"{options.command} {window}: {action(pipeline, window)}")
    return 0


def _extract(pipeline: Pipeline, window: Window) -> str:
    manifest = pipeline.extract(window)
    return f"{len(manifest.objects)} objects, {manifest.key}"


def _load(pipeline: Pipeline, window: Window) -> str:
    return _sentence(pipeline.load(window))


def _run_window(pipeline: Pipeline, window: Window) -> str:
    result = pipeline.run(window)
    export = "new" if result.exported else "unchanged"
    return f"{_sentence(result.counts)}; export {export}"


def _migrate(pipeline: Pipeline) -> str:
    return "migrate: the tables are up to date"


def _transform(pipeline: Pipeline) -> str:
    counts = pipeline.transform().statuses
    return "transform: " + ", ".join(f"{n} {s}" for s, n in counts.items())


def _serve(pipeline: Pipeline) -> str:
    return f"serve: export {'new' if pipeline.serve() else 'unchanged'}"


def _sentence(counts: Counts) -> str:
    return (
        f"read {counts.read:,} = kept {counts.kept:,} + quarantined "
        f"{counts.quarantined:,}; inserted {counts.inserted:,}, corrected "
        f"{counts.corrected:,}, unchanged {counts.unchanged:,}"
    )


_WITH_WINDOW: dict[str, Callable[[Pipeline, Window], str]] = {
    "extract": _extract,
    "load": _load,
    "run": _run_window,
}
_WITHOUT_WINDOW: dict[str, Callable[[Pipeline], str]] = {
    "migrate": _migrate,
    "transform": _transform,
    "serve": _serve,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="river-levels",
        description="River levels of Kingston and Sutton.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)

    window = argparse.ArgumentParser(add_help=False)
    example = "ISO 8601, UTC, such as 2026-03-29T00:00:00Z"
    window.add_argument("--window-start", required=True, help=example)
    window.add_argument(
        "--window-end", required=True, help="the first moment after it"
    )
    window.add_argument(
        "--overlap-hours",
        type=_at_least(0),
        default=0,
        help="begin this much earlier, to fetch late readings again",
    )

    def add(name: str, text: str, *, has_window: bool) -> None:
        parents = [window] if has_window else []
        command = commands.add_parser(name, help=text, parents=parents)
        if name == "backfill":
            command.add_argument(
                "--step-days", type=_at_least(1), default=1, help="default 1"
            )
            command.add_argument(
                "--again", action="store_true", help="even what is done"
            )

    add("extract", "ask the source; keep its replies in S3", has_window=True)
    add("load", "load what was extracted", has_window=True)
    add("run", "extract, load, transform, serve", has_window=True)
    add("backfill", "run a long window piece by piece", has_window=True)
    add("transform", "build and test the dbt models", has_window=False)
    add("serve", "check the serving views; export them", has_window=False)
    add("migrate", "bring the tables up to date", has_window=False)
    add("demo", "see it work, offline, with invented data", has_window=False)
    return parser


def _at_least(smallest: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < smallest:
            raise argparse.ArgumentTypeError(
                f"must be a whole number from {smallest} up, not {text!r}"
            )
        return int(text)

    return number
