"""Logs: one JSON line an event, and no data in it."""

import json
import logging

import pytest

from river_levels.logs import set_up

log = logging.getLogger("river_levels.test")


def test_a_line_has_the_event_its_numbers_and_the_context(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up("INFO", pipeline="river-levels-etl")

    log.info("load.done", extra={"rows": 12})
    log.debug("not shown")

    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "load.done"
    assert line["level"] == "INFO"
    assert line["rows"] == 12
    assert line["pipeline"] == "river-levels-etl"
    assert line["ts"].endswith("+00:00")


def test_an_exception_shows_its_place_and_not_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up("INFO")

    try:
        raise ValueError("resident@example.org")
    except ValueError:
        log.exception("load.failed")

    text = capsys.readouterr().err
    assert "resident@example.org" not in text
    line = json.loads(text)
    assert line["exception"] == "ValueError"
    assert line["at"][0].startswith("test_an_exception_shows_its_place")
