"""Errors that an operator can act on, each with its own exit code.

Every one is a single line: what happened, to what, and the remedy.
"""


class RiverLevelsError(Exception):
    """Base of all expected failures.

    Args:
        problem: what happened, naming the thing it happened to.
        remedy: what to do about it.
    """

    exit_code = 1

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{' '.join(problem.split())} - {remedy}")


class ConfigError(RiverLevelsError):
    """A setting or an argument is missing or wrong."""

    exit_code = 2


class SourceError(RiverLevelsError):
    """The API is down, refuses us, or answers with no usable data."""

    exit_code = 3


class StorageError(RiverLevelsError):
    """S3 is out of reach, the bucket is missing, or access is denied."""

    exit_code = 4


class DatabaseError(RiverLevelsError):
    """PostgreSQL is out of reach, refuses us, or misses something we need."""

    exit_code = 5


class QualityError(RiverLevelsError):
    """The data is too bad to load."""

    exit_code = 6


class TransformError(RiverLevelsError):
    """dbt failed: a model, a test, or dbt itself."""

    exit_code = 7


class BusyError(RiverLevelsError):
    """Another run holds the lock."""

    exit_code = 8
