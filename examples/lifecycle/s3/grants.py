"""Who may do what in which zone; the policies are made from the table."""

# --8<-- [start:grants]
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Grant:
    """What a role may do below one prefix of one zone.

    Attributes:
        prefix: ends in a slash; without it ``flood`` is ``flood_reports``
            too.
    """

    zone: str
    prefix: str
    may_write: bool = False


MONITORING: Final = "flood_monitoring/"
GRANTS: Final = {
    "loader": [
        Grant("landing", MONITORING),
        Grant("raw", MONITORING, may_write=True),
    ],
    "transformer": [
        Grant("raw", MONITORING),
        Grant("refined", MONITORING, may_write=True),
        Grant("trusted", MONITORING, may_write=True),
    ],
    "analyst": [Grant("trusted", MONITORING)],
}


def policy(grants: Sequence[Grant], environment: str, account: str) -> str:
    """Return an identity policy, as JSON. Nobody deletes: lifecycles do."""
    statements: list[dict[str, object]] = []
    for grant in grants:
        name = f"river-levels-data-{grant.zone}-{environment}-{account}"
        arn = f"arn:aws:s3:::{name}"
        below = {"StringLike": {"s3:prefix": f"{grant.prefix}*"}}
        writing = ["s3:PutObject"] if grant.may_write else []
        statements += [
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": arn,
                "Condition": below,
            },
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", *writing],
                "Resource": f"{arn}/{grant.prefix}*",
            },
        ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


# --8<-- [end:grants]
