"""Refuse to write into an account that is not the one we mean."""

# --8<-- [start:require_account]
import boto3
from botocore.config import Config

CONFIG = Config(
    connect_timeout=5,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
)


class WrongAccount(Exception):
    """The credentials belong to another account than the expected one."""


def require_account(session: boto3.Session, expected: str) -> str:
    """Return the caller's ARN if the session is in the expected account.

    Ask with the session that writes: another one may have other credentials.

    Args:
        session: what every client of the run is made from.
        expected: the account's number, twelve digits, from the settings.

    Raises:
        WrongAccount: before anything is written.
        botocore.exceptions.BotoCoreError: if nobody is signed in.
        botocore.exceptions.ClientError: if the sign-in has expired.
    """
    caller = session.client("sts", config=CONFIG).get_caller_identity()
    if caller["Account"] != expected:
        raise WrongAccount(
            f"signed in to {caller['Account']} as {caller['Arn']}, "
            f"not to {expected}: look at AWS_PROFILE and AWS_ACCESS_KEY_ID"
        )
    arn: str = caller["Arn"]
    return arn


# --8<-- [end:require_account]
