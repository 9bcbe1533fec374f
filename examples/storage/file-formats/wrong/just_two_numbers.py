import pyarrow as pa


def with_crs(points: pa.Table, crs: str) -> pa.Table:
    return points


def crs_of(points: pa.Table) -> str:
    return "EPSG:4326"
