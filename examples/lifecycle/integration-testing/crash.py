"""Run the pipeline; say after each step that it is done, and wait."""

# --8<-- [start:child]
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from river_levels.config import load_settings
from river_levels.pipeline import opened
from river_levels.windows import Window

STEPS = ("extract", "ingest", "transform", "serve")


def halting(step: str, action: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a step: it announces its end, and goes on when told to."""

    def halts(*arguments: object) -> Any:
        result = action(*arguments)
        print(step, flush=True)
        sys.stdin.readline()
        return result

    return halts


def main(start: str, end: str) -> None:
    """Run one window as production does, with a halt after each step."""
    with opened(load_settings()) as pipeline:
        pipeline.prepare()
        for step in STEPS:
            setattr(pipeline, step, halting(step, getattr(pipeline, step)))
        pipeline.run(Window.parse(start, end))


if __name__ == "__main__":
    main(*sys.argv[1:])
# --8<-- [end:child]


# --8<-- [start:parent]
def killed_after(step: str, command: Sequence[str]) -> bool:
    """Start a run, and kill it as soon as a step has ended.

    Nothing in the process runs any more: no ``except``, no ``finally``,
    no rollback. That is what the kernel does when memory is short.

    Returns:
        Whether it was killed; it ends by itself if no such step comes.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as run:
        for line in run.stdout or ():
            if line.strip() == step:
                run.kill()  # SIGKILL
                return True
            print("go on", file=run.stdin, flush=True)
    return False


# --8<-- [end:parent]
