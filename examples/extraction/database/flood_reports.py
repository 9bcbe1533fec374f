"""Invented flood reports: the same for the same seed, and about nobody."""

# --8<-- [start:report]
import random
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql


@dataclass(frozen=True, slots=True)
class Report:
    """One report, in the order of the table's columns.

    Attributes:
        phone: one of the numbers that Ofcom keeps for drama.
        ni_number: with QQ, which is never given out.
        nhs_number: from 999, the range for tests, with its check digit.
        uprn: of no home: 9900 and eight digits.
        postcode: of ZZ99, which is no place.
        reported_at: the clock in London, without a zone.
        depth_cm: of the water, in centimetres.
    """

    report_id: int
    reporter_name: str
    email: str
    phone: str
    ni_number: str
    nhs_number: str
    birth_year: int
    uprn: str
    postcode: str
    ward: str
    depth_cm: Decimal
    description: str
    reported_at: datetime


# --8<-- [end:report]
WARDS = (
    "Berrylands",
    "Chessington South",
    "Norbiton",
    "Surbiton Hill",
    "Beddington",
    "Carshalton Central",
    "Wallington North",
    "Worcester Park",
)
GIVEN = (
    "Adaeze",
    "Bilal",
    "Carys",
    "Dmitri",
    "Eun-ji",
    "Fatima",
    "Giorgos",
    "Hana",
    "Idris",
    "Jaswinder",
    "Kwame",
    "Lucía",
)
FAMILY = (
    "Achebe",
    "Brontë",
    "Null",
    "D'Souza",
    "NA",
    "O'Neill",
    "Quispe",
    "Rossi",
    "Singh",
    "Tran",
    "Umarov",
    "Van der Berg",
)
WORDS = (
    "Water is up to the back door",
    "The drain in the road is blocked",
    "The Hogsmill came over the wall",
    "My cellar is wet again",
)
FIRST = datetime.fromisoformat("2026-01-01")  # of London, without a zone


def invent(count: int, seed: int = 2026) -> Iterator[Report]:
    """Yield reports; some people report twice."""
    chance = random.Random(seed)  # noqa: S311 - not a secret, a fixture
    for number in range(1, count + 1):
        person = chance.randrange(max(1, count * 4 // 5))
        about = random.Random(f"{seed} {person}")  # noqa: S311
        given, family = about.choice(GIVEN), about.choice(FAMILY)
        phone = f"07700 900{person % 1000:03}"
        yield Report(
            report_id=number,
            reporter_name=f"{given} {family}",
            email=f"resident{person}@example.org",
            phone=phone,
            ni_number=f"QQ{about.randrange(10**6):06}{about.choice('ABCD')}",
            nhs_number=nhs_number(about),
            birth_year=about.randint(1935, 2006),
            uprn=f"9900{person:08}",
            postcode=f"ZZ99 {about.randrange(1, 10)}{about.choice('AB')}Z",
            ward=about.choice(WARDS),
            depth_cm=Decimal(chance.randrange(1, 900)) / 10,
            description=f"{chance.choice(WORDS)}. Call {given} on {phone}.",
            reported_at=FIRST + timedelta(minutes=chance.randrange(400_000)),
        )


def nhs_number(chance: random.Random) -> str:
    """Return an NHS number of the range for tests."""
    while True:
        digits = f"999{chance.randrange(10**6):06}"
        weights = range(10, 1, -1)
        total = sum(int(d) * w for d, w in zip(digits, weights, strict=True))
        check = -total % 11
        if check < len(digits) + 1:  # no number has a 10
            return f"{digits}{check}"


def fill(connection: psycopg.Connection[Any], count: int) -> None:
    """Put reports into the source, as the case system would."""
    names = [sql.Identifier(field.name) for field in fields(Report)]
    into = sql.SQL("COPY casework.flood_reports ({}) FROM STDIN").format(
        sql.SQL(", ").join(names)
    )
    with connection.cursor().copy(into) as copy:
        for report in invent(count):
            copy.write_row(astuple(report))
