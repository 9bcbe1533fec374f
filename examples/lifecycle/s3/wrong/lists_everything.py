"""Objects by prefix, and the list of all of them to everybody."""

import json
from collections.abc import Sequence
from typing import Any


def policy(grants: Sequence[Any], environment: str, account: str) -> str:
    """Return an identity policy, as JSON."""
    statements: list[dict[str, object]] = []
    for grant in grants:
        name = f"river-levels-data-{grant.zone}-{environment}-{account}"
        arn = f"arn:aws:s3:::{name}"
        writing = ["s3:PutObject"] if grant.may_write else []
        statements.append(
            {
                "Effect": "Allow",
                "Action": ["s3:ListBucket", "s3:GetObject", *writing],
                "Resource": [arn, f"{arn}/{grant.prefix}*"],
            }
        )
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
