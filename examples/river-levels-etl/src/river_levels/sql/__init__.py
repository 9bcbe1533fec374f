"""The SQL of the load, one statement or one set of tables to a file."""

from importlib.resources import files


def read(name: str) -> str:
    """Return the text of ``name.sql``."""
    return files(__package__).joinpath(f"{name}.sql").read_text("utf-8")
