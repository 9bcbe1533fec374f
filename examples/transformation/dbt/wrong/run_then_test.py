"""Build the tables, then look whether they are any good."""

from dbt.cli.main import dbtRunner


def build(*arguments: str) -> None:
    """Run the models and their tests."""
    runner = dbtRunner()
    runner.invoke(["run", *arguments])
    runner.invoke(["test", *arguments])
