"""Flood reports of people who do not exist."""

# --8<-- [start:synthetic]
from datetime import UTC, datetime, timedelta

FIRST = ("Ada", "Zoë", "Nil", "Siân", "Wei")
LAST = ("O'Brien", "Null", "Nowak-Lee", "Ng", "Ó Súilleabháin", "NA")
TEXTS = ("water in the cellar", "", "gully blocked; call {phone}")
BEGIN = datetime(2026, 3, 28, tzinfo=UTC)


def reports(count: int) -> list[dict[str, str]]:
    """Invent reports: the same each time, and nobody's.

    Telephone numbers are of Ofcom's range for drama, addresses end in
    example.org, and times (UTC) surround a change of the clocks.
    """
    rows = []
    for number in range(count):
        first = FIRST[number % len(FIRST)]
        last = LAST[number % len(LAST)]
        phone = f"020 7946 0{number % 1000:03d}"
        rows.append(
            {
                "report_id": f"{number:06d}",
                "name": f"{first} {last}",
                "phone": phone,
                "email": f"resident{number}@example.org",
                "reported_at": str(BEGIN + timedelta(hours=number)),
                "description": TEXTS[number % 3].format(phone=phone),
            }
        )
    return rows


# --8<-- [end:synthetic]
