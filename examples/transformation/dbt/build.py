"""Run dbt from Python: from a DAG, a Lambda or a command of one's own."""

from dbt.cli.main import dbtRunner


class BuildFailed(RuntimeError):
    """Some model or test failed; says which. Nothing may be published."""


def build(*arguments: str) -> None:
    """Build and test the models in their order.

    Args:
        arguments: for ``dbt build``, such as ``--project-dir`` and its value.

    Raises:
        BuildFailed: naming the models and tests that failed.
    """
    outcome = dbtRunner().invoke(["build", *arguments])
    if not outcome.success:
        nodes = getattr(outcome.result, "results", [])
        failed = [n.node.name for n in nodes if n.status in {"error", "fail"}]
        raise BuildFailed(", ".join(failed) or str(outcome.exception))
