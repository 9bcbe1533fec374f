"""Names of people: one form, a pseudonym for a purpose, and where they are."""

# --8<-- [start:canonical]
import hmac
import re
import secrets as randomness
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

LOCAL_DIGITS = 10


def canonical(kind: str, value: str) -> str:
    """Return an identifier in its one form.

    Args:
        kind: email, nhs_number, phone or uprn.

    Raises:
        ValueError: if nothing is left, or the kind is unknown.
    """
    if kind == "email":
        form = value.strip().lower()
    elif kind == "phone":
        form = re.sub(r"\D", "", value)[-LOCAL_DIGITS:]  # +44 20… is 020…
    elif kind in {"nhs_number", "uprn"}:
        form = re.sub(r"\D", "", value).lstrip("0")
    else:
        raise ValueError(f"no such kind: {kind}")
    if not form:
        raise ValueError(f"no {kind}")
    return form


# --8<-- [end:canonical]
# --8<-- [start:pseudonym]
NAME = "/flood-reports/pseudonyms/{}"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Key:
    """The key of one purpose; its version shows in each pseudonym."""

    version: str
    secret: bytes = field(repr=False)


def make_key(manager: "SecretsManagerClient", purpose: str) -> None:
    """Put a new key for a purpose into Secrets Manager."""
    manager.create_secret(
        Name=NAME.format(purpose),
        SecretString=randomness.token_hex(KEY_BYTES),
    )


def key_for(
    manager: "SecretsManagerClient", purpose: str, stage: str = "AWSCURRENT"
) -> Key:
    """Fetch the key of a purpose; the role needs GetSecretValue on it."""
    stored = manager.get_secret_value(
        SecretId=NAME.format(purpose), VersionStage=stage
    )
    secret = bytes.fromhex(stored["SecretString"])
    return Key(stored["VersionId"][:8], secret)


def keys_for(manager: "SecretsManagerClient", purpose: str) -> list[Key]:
    """Fetch the key of a purpose, and the one before its last rotation."""
    current = key_for(manager, purpose)
    try:
        return [current, key_for(manager, purpose, "AWSPREVIOUS")]
    except manager.exceptions.ResourceNotFoundException:
        return [current]


def pseudonym(key: Key, kind: str, value: str) -> str:
    """Return the same name for the same person, and for this purpose only.

    Raises:
        ValueError: if the value names nobody.
    """
    message = f"{kind}\0{canonical(kind, value)}".encode()
    digest = hmac.new(key.secret, message, "sha256").hexdigest()
    return f"{key.version}.{digest}"


# --8<-- [end:pseudonym]
# --8<-- [start:find]
FORMS = {
    "email": "lower(trim({}))",
    "phone": r"right(regexp_replace({}, '\D', '', 'g'), 10)",
    "uprn": r"ltrim(regexp_replace({}, '\D', '', 'g'), '0')",
    "nhs_number": r"ltrim(regexp_replace({}, '\D', '', 'g'), '0')",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A column in which people are named.

    Attributes:
        purpose: if it holds pseudonyms, whose key made them.
    """

    schema: str
    table: str
    column: str
    kind: str
    purpose: str | None = None


def find_person(
    connection: psycopg.Connection[Any],
    places: list[Place],
    person: Mapping[str, str],
    keys: Mapping[str, Sequence[Key]],
) -> dict[str, list[dict[str, Any]]]:
    """Return all rows about a person, by table.

    Args:
        places: the index of personal data: every column that names people.
        person: what the person told us, by kind.
        keys: by purpose, all whose pseudonyms still exist.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for place in places:
        if place.kind not in person:
            continue
        told, form = person[place.kind], FORMS[place.kind]
        values = [canonical(place.kind, told)]
        if place.purpose:
            form = "{}"
            values = [
                pseudonym(key, place.kind, told) for key in keys[place.purpose]
            ]
        query = sql.SQL(
            "SELECT to_jsonb(t) FROM {} AS t WHERE {} = ANY(%s)"
        ).format(
            sql.Identifier(place.schema, place.table),
            sql.SQL(form).format(sql.Identifier(place.column)),
        )
        rows = [row for (row,) in connection.execute(query, (values,))]
        if rows:
            found.setdefault(f"{place.schema}.{place.table}", []).extend(rows)
    return found


# --8<-- [end:find]
