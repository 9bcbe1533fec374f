"""``guidance engines up``: the engines for a shell, until Ctrl-C."""

import signal
import sys
import threading
import time
from contextlib import ExitStack

import boto3

from guidance.engines.aws import REGION, environment, localstack, moto
from guidance.engines.postgres import EngineError, PostgresServer
from guidance.engines.replay import ReplayServer

BUCKET = "river-levels-dev"


def up(aws_name: str = "moto") -> int:
    """Start the engines, print what to export, and wait until interrupted.

    The exports go to standard output, everything else to standard error, so that a
    script can read them.
    """
    interrupted = threading.Event()

    def interrupt(number: int, frame: object) -> None:
        interrupted.set()  # Python swallows what is raised in a callback, such as __del__
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    try:
        with ExitStack() as stack:
            _say("Starting PostgreSQL, an S3 emulator and the replay of the API ...")
            postgres = stack.enter_context(PostgresServer())
            aws = stack.enter_context(localstack() if aws_name == "localstack" else moto())
            api = stack.enter_context(ReplayServer())
            with environment(**aws.environment()):
                boto3.client("s3", region_name=REGION).create_bucket(
                    Bucket=BUCKET,
                    CreateBucketConfiguration={"LocationConstraint": REGION},
                )
            variables = aws.environment() | {
                "DATABASE_URL": postgres.create_database("river_levels"),
                "RIVER_LEVELS_API_URL": api.url,
                "RIVER_LEVELS_BUCKET": BUCKET,
            }
            for name, value in variables.items():
                line = f"unset {name}" if value is None else f"export {name}='{value}'"
                print(line, flush=True)
            _say(
                f"PostgreSQL {postgres.version}, {aws.name} {aws.version}, the API at "
                f"{api.now:%d %B %Y %H:%M} UTC. Paste the lines above into another "
                "shell. Ctrl-C ends them."
            )
            _wait(api, interrupted)
    except KeyboardInterrupt:
        _say("\nStopped. Nothing is left behind.")
    except EngineError as error:
        _say(f"guidance: {error}")
        return 1
    return 0


def _wait(api: ReplayServer, interrupted: threading.Event) -> None:
    began = time.monotonic()
    while not interrupted.is_set():
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        status = f"up {minutes}:{seconds:02}, {len(api.requests)} API requests"
        if sys.stderr.isatty():
            print(f"\r{status}", end="", file=sys.stderr, flush=True)
        time.sleep(1)
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
