"""Values as old systems keep them become values that mean one thing."""

# --8<-- [start:legacy]
from datetime import date
from decimal import Decimal
from uuid import UUID

NO_DATES = frozenset({date(1, 1, 1), date(1753, 1, 1), date(1900, 1, 1)})


def text_of(raw: bytes) -> str:
    """Decode Windows-1252, which most old systems mean by "Latin 1".

    Raises:
        UnicodeDecodeError: if it is something else.
    """
    return raw.decode("cp1252")


def date_of(stored: date | None) -> date | None:
    """Return None for the dates that mean "unknown"."""
    return None if stored in NO_DATES else stored


def flag_of(bit: str | int | bool | None) -> bool | None:
    """Return a bit as a truth value; None stays unknown.

    Raises:
        KeyError: if it is neither.
    """
    return None if bit is None else {"0": False, "1": True}[str(int(bit))]


def guid_of(text: str) -> str:
    """Return a GUID in its one form: lower case, no braces.

    Raises:
        ValueError: if it is none.
    """
    return str(UUID(text))


def pounds_of(text: str, scale: int = 2) -> Decimal:
    """Return money with the scale of its column.

    Raises:
        ValueError: if it has more decimals: it was no money, or was cut.
    """
    amount = Decimal(text)
    rounded = amount.quantize(Decimal(1).scaleb(-scale))
    if rounded != amount:
        raise ValueError(f"{text} has more than {scale} decimals")
    return rounded


# --8<-- [end:legacy]
