"""Read OpenLineage events as edges between columns."""

# --8<-- [start:read]
import json
from collections.abc import Iterable


def edges_of(lines: Iterable[str]) -> set[tuple[str, str]]:
    """Return which column comes from which, as schema.table.column.

    Args:
        lines: events, one JSON object a line, as the file transport writes.
    """
    found = set()
    for line in lines:
        for output in json.loads(line)["outputs"]:
            facets = output.get("facets", {})
            fields = facets.get("columnLineage", {}).get("fields", {})
            target = output["name"].partition(".")[2]  # without the database
            for name, field in fields.items():
                for origin in field["inputFields"]:
                    place = origin["name"].partition(".")[2]
                    edge = (f"{place}.{origin['field']}", f"{target}.{name}")
                    found.add(edge)
    return found


# --8<-- [end:read]
