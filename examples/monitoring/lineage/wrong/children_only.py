from collections.abc import Mapping, Sequence
from typing import Any


def reached(manifest: Mapping[str, Any], changed: Sequence[str]) -> set[str]:
    return {
        child
        for node_id, node in manifest["nodes"].items()
        if node["original_file_path"] in changed
        for child in manifest["child_map"][node_id]
    }
