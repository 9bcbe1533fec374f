"""Passwords from Secrets Manager: asked for when needed, kept for minutes."""

# --8<-- [start:secrets]
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from river_levels.config import Settings
from river_levels.errors import ConfigError
from river_levels.storage import CONFIG

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT_S = 300.0
"""How long a value is used before we ask again: a rotation shows by then."""

_kept: dict[str, tuple[float, str]] = {}


def secret(
    client: "SecretsManagerClient",
    secret_id: str,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Return the text of an entry, from memory if that is fresh.

    Raises:
        ConfigError: naming the entry, never its value.
    """
    asked_at, text = _kept.get(secret_id, (float("-inf"), ""))
    if clock() - asked_at >= KEPT_S:
        try:
            text = client.get_secret_value(SecretId=secret_id)["SecretString"]
        except (BotoCoreError, ClientError) as error:
            raise ConfigError(
                f"the secret {secret_id} cannot be read: {error}",
                "check its name, and that the role may read it",
            ) from error
        _kept[secret_id] = (clock(), text)
    return text


# --8<-- [end:secrets]


def with_login(settings: Settings) -> Settings:
    """Put user and password into the database's address, if they lie apart.

    The entry is JSON with ``username`` and ``password``, as RDS writes it.

    Raises:
        ConfigError: if the entry cannot be read, or is something else.
    """
    secret_id = settings.database_secret
    if not secret_id:
        return settings
    client = boto3.Session().client("secretsmanager", config=CONFIG)
    try:
        login = json.loads(secret(client, secret_id))
        user, password = quote(login["username"]), quote(login["password"], "")
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"the secret {secret_id} is no login",
            "it is JSON with username and password",
        ) from error
    url = urlsplit(settings.libpq_url)
    host = url.netloc.rpartition("@")[2]
    address = url._replace(netloc=f"{user}:{password}@{host}").geturl()
    return settings.model_copy(update={"database_url": SecretStr(address)})
