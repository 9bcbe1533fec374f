"""The same schedule for cron and for EventBridge."""

# --8<-- [start:convert]
from collections.abc import Iterable

DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MONTHS = (
    *("JAN", "FEB", "MAR", "APR", "MAY", "JUN"),
    *("JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)
LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


def numbers(text: str, low: int, high: int) -> list[int]:
    """Return what a field of cron stands for: ``1-5/2`` for 1, 3, 5.

    Raises:
        ValueError: if it is none.
    """
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin = low if first == "*" else int(first)
        end = int(last) if last else begin
        if first == "*" or (step and not last):
            end = high
        if not low <= begin <= end <= high or step == "0":
            raise ValueError(f"{part} is not from {low} to {high}")
        found |= set(range(begin, end + 1, int(step or 1)))
    return sorted(found)


def named(text: str, names: Iterable[str], base: int) -> str:
    """Write numbers for names, such as 1 for MON."""
    for number, name in enumerate(names, base):
        text = text.upper().replace(name, str(number))
    return text


def to_eventbridge(expression: str) -> str:
    """Write a cron expression as EventBridge does: ``cron(… ? *)``.

    Days of the week become names, so that nobody has to know who counts from
    0 and who from 1.

    Raises:
        ValueError: if EventBridge has no such schedule, or it is none.
    """
    fields = SHORT.get(expression.strip(), expression).split()
    if len(fields) != len(LIMITS):
        raise ValueError(f"{expression}: cron has five fields")
    fields[3] = named(fields[3], MONTHS, base=1)
    fields[4] = named(fields[4], DAYS, base=0)
    values = [
        numbers(field, *limits)
        for field, limits in zip(fields, LIMITS, strict=True)
    ]
    minute, hour, day, month, _ = (
        "*" if field == "*" else listed(found)
        for field, found in zip(fields, values, strict=True)
    )
    weekdays = sorted({number % 7 for number in values[4]})
    if fields[4] == "*":
        return f"cron({minute} {hour} {day} {month} ? *)"
    if fields[2] == "*":
        names = ",".join(DAYS[number] for number in weekdays)
        return f"cron({minute} {hour} ? {month} {names} *)"
    raise ValueError(f"{expression}: write two schedules, one for each day")


def listed(found: list[int]) -> str:
    """Write numbers as briefly as both understand: ``0-5`` or ``0,15``."""
    first, last = found[0], found[-1]
    if first + 1 < last and found == list(range(first, last + 1)):
        return f"{first}-{last}"
    return ",".join(map(str, found))


def to_cron(expression: str) -> str:
    """Write an expression of EventBridge as cron does.

    Raises:
        ValueError: if cron has no such schedule, or it is none.
    """
    if not (expression.startswith("cron(") and expression.endswith(")")):
        raise ValueError(f"{expression}: only cron(…) has a twin in cron")
    fields = expression.removeprefix("cron(").removesuffix(")").split()
    is_complete = len(fields) == len(LIMITS) + 1
    if not is_complete or (fields[2] == "?") == (fields[4] == "?"):
        raise ValueError(f"{expression}: six fields, one day of two is ?")
    *five, year = fields
    five[3] = named(five[3], MONTHS, base=1)
    five[4] = named(five[4], DAYS, base=1)
    if year != "*" or {*five[2], *five[4]} & {*"LW#"}:
        raise ValueError(f"{expression}: cron knows no year, L, W or #")
    limits = (*LIMITS[:-1], (1, 7))  # Sunday is 1 here, and 0 in cron
    values = [
        [] if field in {"*", "?"} else numbers(field, *limit)
        for field, limit in zip(five, limits, strict=True)
    ]
    values[4] = [number - 1 for number in values[4]]
    return " ".join(listed(found) if found else "*" for found in values)


# --8<-- [end:convert]
