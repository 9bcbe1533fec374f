"""Identifiers that join our data to everybody else's."""

# --8<-- [start:identifiers]
import re


def digits(value: object, most: int, name: str) -> str:
    """Return a number as unpadded text.

    Raises:
        ValueError: if it is not text of 1 to ``most`` digits, or is zero.
    """
    if not isinstance(value, str):
        raise ValueError(f"{name}: {value!r} is no text: it was read wrongly")
    found = value.strip()
    if not re.fullmatch(rf"[0-9]{{1,{most}}}", found):
        raise ValueError(f"{name}: {value!r} is not 1 to {most} digits")
    if not (unpadded := found.lstrip("0")):
        raise ValueError(f"{name}: {value!r} is zero")
    return unpadded


def uprn(value: object) -> str:
    """Return a unique property reference number in its one form."""
    return digits(value, 12, "UPRN")


def usrn(value: object) -> str:
    """Return a unique street reference number in its one form."""
    return digits(value, 8, "USRN")


def gss(value: str, kind: str = "E09") -> str:
    """Return the code of an area of a kind; E09 is a London borough.

    Raises:
        ValueError: if it is no code, or one of another kind.
    """
    found = value.strip().upper()
    if not re.fullmatch(r"[A-Z][0-9]{8}", found):
        raise ValueError(f"GSS: {value!r} is not a letter and 8 digits")
    if not found.startswith(kind):
        raise ValueError(f"GSS: {value!r} is not of kind {kind}")
    return found


# --8<-- [end:identifiers]
