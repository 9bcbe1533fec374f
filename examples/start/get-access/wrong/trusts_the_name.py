"""Takes the name of the profile for the account that is signed in to."""

import os

import boto3


class WrongAccount(Exception):
    """The profile has another name than expected."""


def require_account(session: boto3.Session, expected: str) -> str:
    """Return the profile's name if it sounds right."""
    profile = os.environ.get("AWS_PROFILE", "")
    if not profile.endswith("-development"):
        raise WrongAccount(f"{profile} is not development")
    return profile
