"""See that the models of a dbt project flow one way."""

import re
from pathlib import Path

LAYERS = ["staging", "intermediate", "marts", "serving"]
REF = re.compile(r"ref\(\s*'(\w+)'\s*\)")


def uphill(models: Path) -> list[str]:
    """Return what reads from a later layer than its own.

    Args:
        models: folder of the project's models, with a folder a layer.
    """
    layer = {
        path.stem: LAYERS.index(path.relative_to(models).parts[0])
        for path in models.rglob("*.sql")
    }
    return sorted(
        f"{path.stem} reads {ref}"
        for path in models.rglob("*.sql")
        for ref in REF.findall(path.read_text("utf-8"))
        if layer.get(ref, -1) > layer[path.stem]
    )
