"""Say what a new schema would break."""

# --8<-- [start:breaks]
from collections.abc import Iterator

import pyarrow as pa


def breaks(old: pa.Schema, new: pa.Schema) -> Iterator[str]:
    """Yield why readers of ``old`` could not read ``new``; nothing if fine.

    A column may be added, if it may be null. Everything else breaks
    somebody.
    """
    for field in old:
        if field.name not in new.names:
            yield f"{field.name} is gone: deprecate it first"
        elif new.field(field.name).type != field.type:
            changed = new.field(field.name).type
            yield f"{field.name} was {field.type}, would be {changed}"
    for field in new:
        if field.name not in old.names and not field.nullable:
            yield f"{field.name} must be nullable: old files lack it"


# --8<-- [end:breaks]
