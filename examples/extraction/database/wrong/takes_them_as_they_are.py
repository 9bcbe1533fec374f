"""Wrong: keeps what the driver gives."""

from datetime import date


def text_of(raw: bytes) -> str:
    return raw.decode("latin-1")


def date_of(stored: date | None) -> date | None:
    return stored


def flag_of(bit: str) -> bool:
    return bool(bit)


def guid_of(text: str) -> str:
    return text


def pounds_of(text: str, scale: int = 2) -> float:
    return float(text)
