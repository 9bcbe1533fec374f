"""Runs ``river-levels`` in processes that are there to be killed.

Started once by the fixture ``runs``; forks a process for each order, so that Python and dbt
are imported, and the models parsed, once. An order and its outcome are a line of JSON each::

    {"arguments": ["run", …], "environment": {…}, "log": "…", "until_loaded": false,
     "kill": {"point": "before load", "nth": 1}}
    {"status": -9, "marks": [["load", "begin", 0.41], …], "seconds": 0.52}

``kill`` names either a boundary (``point``, ``nth``: the process kills itself there) or an
instant (``step``, ``after_s``: it is killed from outside, so long after the step began).
``s3`` makes every n-th call of S3 fail. The hooks live here; the pipeline knows nothing of
them.
"""

import functools
import importlib
import itertools
import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session
from botocore.loaders import JSONFileLoader
from botocore.retries.standard import ExponentialBackoff

from river_levels import pipeline, transform
from river_levels.cli import main
from river_levels.config import load_settings
from river_levels.pipeline import Pipeline

POINTS = {
    "migrate": "river_levels.pipeline:migrate",
    "extract": "river_levels.pipeline:extract",
    "put_reply": "river_levels.storage:RawStore.put_reply",
    "put_manifest": "river_levels.storage:RawStore.put_manifest",
    "load": "river_levels.pipeline:load",
    "parse": "river_levels.load:parse",
    "register": "river_levels.load:_register",
    "copy": "river_levels.load:copy_in",
    "merge": "river_levels.load:_merge",
    "succeed": "river_levels.load:succeed",
    "transform": "river_levels.pipeline:transform",
    "run_dbt": "river_levels.transform:run_dbt",
    "serve": "river_levels.pipeline:serve",
    "put_export": "river_levels.storage:RawStore.put_export",
}


def serve_orders() -> None:
    """Carry out orders from standard input until it closes."""
    # What takes long is done once, here, and not in each fork.
    load_file = JSONFileLoader().load_file
    JSONFileLoader.load_file = lambda _, path: read(path)  # type: ignore[method-assign]
    read = functools.cache(load_file)
    pipeline.s3_client()
    for line in sys.stdin:
        print(json.dumps(carry_out(json.loads(line))), flush=True)


def carry_out(order: dict[str, Any]) -> dict[str, Any]:
    """Run one command in a process of its own, and kill that as ordered."""
    if not order["until_loaded"]:
        _prepare_dbt(order["environment"])
    reading, writing = os.pipe()
    began = time.monotonic()
    if (pid := os.fork()) == 0:
        os.close(reading)
        os._exit(be_the_run(order, writing))
    os.close(writing)
    kill = order["kill"] or {}
    marks, text, deadline = [], b"", None
    while True:
        wait_s = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not select.select([reading], [], [], wait_s)[0]:
            os.kill(pid, signal.SIGKILL)
            deadline = None
            continue
        if not (block := os.read(reading, 65_536)):
            break
        *lines, text = (text + block).split(b"\n")
        for name, edge, at in map(json.loads, lines):
            marks.append([name, edge, round(at - began, 4)])
            if kill.get("step") == name and edge == "begin":
                deadline = at + kill["after_s"]
    os.close(reading)
    _, status = os.waitpid(pid, 0)
    seconds = round(time.monotonic() - began, 4)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "marks": marks,
        "seconds": seconds,
    }


@functools.cache
def _parsed() -> Any:
    """Import dbt and parse the project, once for all runs: that takes four times as long
    as to build it. The models are bound to a database by its name, so all places share one.
    """
    from dbt.cli.main import dbtRunner

    chosen = load_settings()
    with TemporaryDirectory() as scratch, transform._environment(chosen):
        arguments = transform._places(chosen.dbt_project_dir, scratch)
        parsed = dbtRunner().invoke(["parse", *arguments])
    assert parsed.success, parsed.exception
    return functools.partial(dbtRunner, manifest=parsed.result)


def _prepare_dbt(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    parsed = _parsed()
    importlib.import_module("dbt.cli.main").dbtRunner = parsed


def be_the_run(order: dict[str, Any], marks: int) -> int:
    """Be ``river-levels``, with marks and perhaps a deadly boundary."""
    os.environ.update(order["environment"])
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    kill = order["kill"] or {}
    for name, place in POINTS.items():
        _hook(name, place, marks, kill.get("point", ""), kill.get("nth", 1))
    if order["until_loaded"]:
        Pipeline.transform = Pipeline.serve = lambda *_: False  # type: ignore[method-assign]
    if order["s3"]:
        _spoil_s3(**order["s3"])
    try:
        return main(order["arguments"])
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _hook(name: str, place: str, marks: int, deadly: str, nth: int) -> None:
    """Wrap a function so that it says where it is, or dies there."""
    module, _, path = place.partition(":")
    *owners, attribute = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    wrapped: Callable[..., Any] = getattr(owner, attribute)
    calls = 0

    def say(edge: str) -> None:
        os.write(marks, json.dumps([name, edge, time.monotonic()]).encode() + b"\n")

    @functools.wraps(wrapped)
    def hooked(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        say("begin")
        if deadly == f"before {name}" and calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        result = wrapped(*arguments, **named)
        say("end")
        if deadly == f"after {name}" and calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, attribute, hooked)


REFUSALS = {"slow_down": (503, "SlowDown"), "denied": (403, "AccessDenied")}


class _Body:
    """The body of a refusal, as botocore reads it."""

    def __init__(self, code: str) -> None:
        self._text = f"<Error><Code>{code}</Code></Error>".encode()

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._text


def _spoil_s3(how: str, every: int, first: int) -> None:
    """Make every n-th call of S3 fail, and let retries follow each other at once."""
    make, calls = pipeline.s3_client, itertools.count(first)
    ExponentialBackoff.delay_amount = lambda *_: 0  # type: ignore[method-assign]

    def spoil(request: Any, **_: Any) -> AWSResponse | None:
        if next(calls) % every:
            return None
        if how in REFUSALS:
            status, code = REFUSALS[how]
            return AWSResponse(request.url, status, {}, _Body(code))
        if how == "reply_lost":  # it was done, and nobody hears of it
            URLLib3Session().send(request)
        raise ConnectionClosedError(endpoint_url=request.url)

    def spoiled() -> Any:
        client = make()
        client.meta.events.register("before-send.s3", spoil)
        return client

    pipeline.s3_client = spoiled


if __name__ == "__main__":
    serve_orders()
