"""Unit tests talk to nobody, and say the same each time."""

# --8<-- [start:guard]
import hypothesis
import pytest_socket

# The same examples in every run: no test fails that failed for nobody before.
hypothesis.settings.register_profile(
    "steady", derandomize=True, deadline=None, database=None
)
hypothesis.settings.load_profile("steady")


def pytest_runtest_setup() -> None:
    """Refuse every connection: a test that needs one is no unit test."""
    pytest_socket.disable_socket(allow_unix_socket=True)


# --8<-- [end:guard]
