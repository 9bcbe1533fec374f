"""A host that runs commands under a wrapper, and the switch that it calls."""

import time
import urllib.request
from datetime import UTC, datetime

import pytest

from guidance.engines.switch import Switch
from guidance.evidence.host import Host


def test_a_wrapper_of_which_a_part_never_ran_is_not_proved(host: Host) -> None:
    assert host.run("guarded.sh", "true") == 0

    with pytest.raises(AssertionError, match=r"guarded.sh: these never ran: .*exit"):
        host.proves("guarded.sh")


def test_a_run_that_ends_badly_is_told(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = host.start("guarded.sh", "sleep", "2")  # has the lock
    while not (host.folder / "lock").exists():
        time.sleep(0.02)
    monkeypatch.setattr("guidance.evidence.host.BEGIN_S", 0.5)

    with pytest.raises(AssertionError, match="it did not begin in time"):
        with host.going_on("guarded.sh"):
            pass

    refused.communicate(timeout=30)


def test_the_switch_notes_who_called_and_when(switch: Switch) -> None:
    switch.now = datetime(2026, 3, 29, 1, tzinfo=UTC)
    with urllib.request.urlopen(f"{switch.url}levels", timeout=5) as reply:
        assert reply.status == 200

    assert (switch.calls, switch.paths) == (1, ["/levels"])
    assert switch.called == [switch.now]
    switch.forget()
    assert (switch.calls, switch.paths) == (0, [])
