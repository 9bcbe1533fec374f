"""Points with their coordinate reference system."""

# --8<-- [start:positions]
import pyarrow as pa

# Where Great Britain lies in each system: least x, least y, most x, most y.
BOUNDS = {
    "EPSG:27700": (0.0, 0.0, 700_000.0, 1_300_000.0),  # metres
    "EPSG:4326": (-9.0, 49.0, 2.5, 61.0),  # degrees, longitude first
}


def with_crs(points: pa.Table, crs: str) -> pa.Table:
    """Return points, columns ``x`` and ``y``, that say what they are in.

    Raises:
        KeyError: if we do not know the system.
        ValueError: if a point cannot be in it.
    """
    left, bottom, right, top = BOUNDS[crs]
    for x, y in zip(
        points["x"].to_pylist(), points["y"].to_pylist(), strict=True
    ):
        if not (left <= x <= right and bottom <= y <= top):
            raise ValueError(f"({x}, {y}) is not in Great Britain in {crs}")
    return points.replace_schema_metadata({"crs": crs})


def crs_of(points: pa.Table) -> str:
    """Return the system of points that were read.

    Raises:
        ValueError: if they do not say.
    """
    known = points.schema.metadata or {}
    said: str = known.get(b"crs", b"").decode()
    if said not in BOUNDS:
        raise ValueError(f"no coordinate reference system: {said!r}")
    return said


# --8<-- [end:positions]
