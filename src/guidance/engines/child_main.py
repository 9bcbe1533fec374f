"""Runs functions of examples in another environment; started by child.py there.

Reads requests from its standard input, a JSON object a line, and answers each with one.
Ends when its input does. Lines that an example runs are charged to the test that asked.
"""

import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

MODULES: dict[str, ModuleType] = {}


def module_of(file: str) -> ModuleType:
    """Return a module of an example, imported once."""
    if file not in MODULES:
        spec = importlib.util.spec_from_file_location(Path(file).stem, file)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(file)
        MODULES[file] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(MODULES[file])
    return MODULES[file]


def charge(context: str) -> None:
    """Charge the lines that run from now on to a test, if anybody measures."""
    try:
        import coverage
    except ImportError:
        return
    if measured := coverage.Coverage.current():
        measured.switch_context(context)
        sys.monitoring.restart_events()


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the program of a request with the modules that it names.

    The program is a function ``main(modules…)`` of a test's text.
    """
    charge(request["context"])
    namespace: dict[str, Any] = {}
    exec(request["program"], namespace)  # noqa: S102  a test's own text
    main: Callable[..., Any] = namespace["main"]
    try:
        modules = [module_of(file) for file in request["files"]]
        return {"result": main(*modules, **request["give"])}
    except AssertionError as error:
        return {"assertion": str(error)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def serve() -> None:
    """Answer until the input ends. What others print goes to the log."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    serve()
