"""Sentences in which we know what names a person; all of it invented."""

import random
from collections.abc import Iterable, Iterator
from typing import Protocol

Label = tuple[str, str]


class Person(Protocol):
    """What a sentence needs of an invented report."""

    @property
    def email(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def ni_number(self) -> str: ...
    @property
    def nhs_number(self) -> str: ...
    @property
    def uprn(self) -> str: ...
    @property
    def postcode(self) -> str: ...


def labelled(people: Iterable[Person]) -> Iterator[tuple[str, set[Label]]]:
    """Yield a text and what in it names a person, as people write it."""
    chance = random.Random(7)  # noqa: S311 - a fixture
    for person in people:
        ni, nhs = person.ni_number, person.nhs_number
        spaced_ni = f"{ni[:2]} {ni[2:4]} {ni[4:6]} {ni[6:8]} {ni[8]}"
        spaced_nhs = f"{nhs[:3]} {nhs[3:6]} {nhs[6:]}"
        abroad = person.phone.replace("07", "+44 7", 1)
        plate = "".join(chance.choices("ABCDEFGHJKLMN", k=2))
        plate += f"99 {''.join(chance.choices('ABCDEFGHJKLMN', k=3))}"
        numbers = [chance.randrange(10**9, 10**10) for _ in range(2)]
        yield f"Mail {person.email}.", {("email", person.email)}
        yield (
            f"mailto:{person.email.upper()}",
            {("email", person.email.upper())},
        )
        yield f"Ring {person.phone}, please", {("phone", person.phone)}
        yield f"({abroad})", {("phone", abroad)}
        yield (
            f"tel {person.phone.replace(' ', '')}",
            {("phone", person.phone.replace(" ", ""))},
        )
        yield f"NINO {ni}", {("ni_number", ni)}
        yield (
            f"his NI is {spaced_ni.lower()}.",
            {("ni_number", spaced_ni.lower())},
        )
        yield f"NHS no. {spaced_nhs}", {("nhs_number", spaced_nhs)}
        yield f"patient={nhs}", {("nhs_number", nhs)}
        yield f"at {person.postcode}", {("postcode", person.postcode)}
        joined = person.postcode.replace(" ", "").lower()
        yield f"at {joined}, top bell", {("postcode", joined)}
        yield f"UPRN {person.uprn} floods", {("uprn", person.uprn)}
        yield f"property {person.uprn}", {("uprn", person.uprn)}
        yield f"a blue {plate} in the water", {("vehicle", plate)}
        yield (
            f"plate {plate.replace(' ', '').lower()}",
            {("vehicle", plate.replace(" ", "").lower())},
        )
        # what a pattern misses
        told = person.email.replace("@", " at ")
        yield f"write to {told}", {("email", told)}
        dotted = spaced_nhs.replace(" ", ".")
        yield f"NHS {dotted}", {("nhs_number", dotted)}
        yield (
            f"her old K{plate[2:4]}1 {plate[5:]}",
            {("vehicle", f"K{plate[2:4]}1 {plate[5:]}")},
        )
        short = person.phone[6:]
        yield f"just call {short}", {("phone", short)}
        # and what looks like it
        yield f"order {numbers[0]} of 2026-11-23T10:45:00Z", set()
        yield f"job {numbers[1]:012} took 00:01:07.123456", set()
        yield "gauges 3390TH, 4165TH; ward E05013929; grid TQ 181 685", set()
        yield f"run 0{numbers[0]}7 of build 5d41402abc4b2a76b9719d", set()
        yield f"level {chance.random():.6f} m, part AB12-345-6789", set()
        yield "NHS no. 000 000 0000 (unknown), zone A1, meeting B12 3", set()
