"""Upsert into a Delta table on S3."""

# --8<-- [start:upsert]
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake


def upsert(uri: str, rows: pa.Table) -> int:
    """Insert rows, or update those whose key is there; return the version.

    The first call makes the table.

    Raises:
        deltalake.exceptions.CommitFailedError: if another writer was
            first; try again.
    """
    if not DeltaTable.is_deltatable(uri):
        write_deltalake(uri, rows, mode="error")
        return 0
    table = DeltaTable(uri)
    (
        table.merge(
            rows,
            predicate="old.measure_id = new.measure_id"
            " AND old.observed_at = new.observed_at",
            source_alias="new",
            target_alias="old",
        )
        .when_matched_update_all("new.ingested_at > old.ingested_at")
        .when_not_matched_insert_all()
        .execute()
    )
    return table.version()


# --8<-- [end:upsert]
