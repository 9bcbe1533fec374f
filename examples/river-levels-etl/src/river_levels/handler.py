"""Lambda: one event is one window, for the functions of every other runner."""

# --8<-- [start:event]
import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Protocol, TypedDict

import boto3
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from river_levels.config import Settings, load_settings
from river_levels.errors import ConfigError, RiverLevelsError
from river_levels.http import CONNECT_TIMEOUT_S
from river_levels.ledger import is_done
from river_levels.logs import set_up
from river_levels.pipeline import opened
from river_levels.storage import CONFIG
from river_levels.windows import DAY, Window, iso

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scheduled(_Event):
    """What the schedule sends: the moment that it meant, however late it is.

    The window is the full hour before, and the overlap before that.
    """

    scheduled_time: AwareDatetime
    overlap_hours: Annotated[int, Field(ge=0, le=672)] = 0

    @property
    def window(self) -> Window:
        """The window that is meant, in UTC."""
        end = self.scheduled_time.replace(minute=0, second=0, microsecond=0)
        return Window(end - HOUR - timedelta(hours=self.overlap_hours), end)


class Asked(_Event):
    """What a person sends, or an earlier run that ran out of time.

    With ``only_missing``, a day that a run has loaded is left alone.
    """

    window_start: AwareDatetime
    window_end: AwareDatetime
    only_missing: bool = False

    @property
    def window(self) -> Window:
        """The window that is asked for, in UTC."""
        return Window(self.window_start, self.window_end)


_EVENT: TypeAdapter[Scheduled | Asked] = TypeAdapter(Scheduled | Asked)


def window_of(event: Mapping[str, Any]) -> Window:
    """Return the window that an event means.

    Raises:
        ConfigError: if it means none; no value of the event is quoted.
    """
    try:
        return _EVENT.validate_python(event).window
    except ValidationError as error:
        raise ConfigError(
            f"the event with {', '.join(sorted(event)) or 'no field'} is none",
            "send scheduled_time, or window_start and window_end, with zone",
        ) from error


# --8<-- [end:event]


# --8<-- [start:handler]
class Context(Protocol):
    """What Lambda says about this invocation."""

    aws_request_id: str
    invoked_function_arn: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends us."""


class Result(TypedDict):
    """What was done. ``resume_from`` is the first moment that was not."""

    done: list[str]
    resume_from: str | None


def handler(event: Mapping[str, Any], context: Context) -> Result:
    """Bring an event's window into the database, day by day.

    When time runs low, the rest goes to a new invocation. An exception is
    our way to fail: Lambda tries again, then keeps the event.

    Raises:
        RiverLevelsError: with one line that says what to do.
    """
    window = window_of(event)
    only_missing = event.get("only_missing", False)
    settings = load_settings()
    set_up(settings.log_level, request_id=context.aws_request_id)
    done: list[str] = []
    with opened(within(settings, remaining_s(context))) as pipeline:
        pipeline.prepare()
        for part in window.split(DAY):
            if only_missing and is_done(pipeline.engine, part):
                continue
            if remaining_s(context) < settings.lambda_reserve_s:
                rest = Window(part.start, window.end)
                hand_over(rest, context, has_progress=bool(done))
                return {"done": done, "resume_from": iso(rest.start)}
            pipeline.ingest(part, "lambda")
            done.append(str(part))
    log.info("lambda.done", extra={"window": str(window), "parts": len(done)})
    return {"done": done, "resume_from": None}


# --8<-- [end:handler]


# --8<-- [start:time]
MARGIN_S = 10.0
"""What is left for an orderly end when a request has used up its time."""


class OutOfTimeError(RiverLevelsError):
    """Too little time is left to begin."""


def remaining_s(context: Context) -> float:
    """Return the seconds until Lambda ends us."""
    return context.get_remaining_time_in_millis() / 1000


def within(settings: Settings, remaining: float) -> Settings:
    """Give up on a request before Lambda gives up on us.

    Args:
        remaining: seconds.

    Raises:
        OutOfTimeError: if there is no time for a single request.
    """
    last_try_s = CONNECT_TIMEOUT_S + settings.read_timeout_s
    budget_s = remaining - MARGIN_S - last_try_s
    if budget_s < 0:
        raise OutOfTimeError(
            f"{remaining:.0f} s are too few for one request",
            f"set the time-out above {MARGIN_S + last_try_s:.0f} s",
        )
    budget_s = min(budget_s, settings.retry_budget_s)
    return settings.model_copy(update={"retry_budget_s": budget_s})


def hand_over(rest: Window, context: Context, *, has_progress: bool) -> None:
    """Ask for another invocation that does the rest.

    Raises:
        OutOfTimeError: if nothing was done: the next would do no better, and
            so on for ever.
    """
    if not has_progress:
        raise OutOfTimeError(
            f"no time to begin {rest}",
            "raise the time-out above RIVER_LEVELS_LAMBDA_RESERVE_S",
        )
    event = {"window_start": iso(rest.start), "window_end": iso(rest.end)}
    boto3.Session().client("lambda", config=CONFIG).invoke(
        FunctionName=context.invoked_function_arn,
        InvocationType="Event",
        Payload=json.dumps(event),
    )
    log.info("lambda.handed_over", extra={"rest": str(rest)})


# --8<-- [end:time]
