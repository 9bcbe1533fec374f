from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

LONDON = ZoneInfo("Europe/London")


def london(at: object) -> datetime:
    assert isinstance(at, datetime)
    return at.astimezone(LONDON).replace(tzinfo=None)


def typed(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(
        [{**row, "observed_at": london(row["observed_at"])} for row in rows]
    )
