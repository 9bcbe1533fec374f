"""What a reply looked like when we wrote the parser, and what is new."""

# --8<-- [start:contract]
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

type Fields = Mapping[str, Iterable[str]]

KINDS = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "text",
    list: "list",
    dict: "object",
}


def fields(items: Iterable[Any]) -> dict[str, list[str]]:
    """Return the kinds of value that each field holds, in order of names."""
    found: dict[str, set[str]] = {}
    for item in items:
        for path, value in _walk("", item):
            found.setdefault(path, set()).add(KINDS[type(value)])
    return {path: sorted(kinds) for path, kinds in sorted(found.items())}


def _walk(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{path}{name}", inner
            yield from _walk(f"{path}{name}.", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(path, inner)


def drift(contract: Fields, seen: Fields) -> list[str]:
    """Say how a reply differs from the contract; empty if it does not.

    A field that is gone, or of a new kind, stops the load; a new field is
    news for the next working day.
    """
    found = [f"gone: {path}" for path in sorted({*contract} - {*seen})]
    for path, kinds in seen.items():
        if path not in contract:
            found.append(f"new: {path}")
        elif odd := sorted({*kinds} - {*contract[path]}):
            found.append(f"kind: {path} is now {', '.join(odd)}")
    return found


# --8<-- [end:contract]
