"""Reads a code as a number; the zero in front of it is gone."""

from river_levels.http import PoliteClient


def authority_id(client: PoliteClient, code: str) -> int | None:
    """Return the id of the authority whose code looks like a number."""
    for authority in client.get("/Authorities", {}).document["authorities"]:
        if str(int(authority["LocalAuthorityIdCode"])) == code:
            return int(authority["LocalAuthorityId"])
    return None
