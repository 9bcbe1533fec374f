import pyarrow as pa
from deltalake import DeltaTable, write_deltalake


def upsert(uri: str, rows: pa.Table) -> int:
    write_deltalake(uri, rows, mode="append")
    return DeltaTable(uri).version()
