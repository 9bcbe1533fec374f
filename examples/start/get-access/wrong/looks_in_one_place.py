"""Looks for keys in the credentials file; they lie in two places more."""

import configparser
from collections.abc import Iterator
from typing import Any


def no_static_keys(machine: Any) -> Iterator[str]:
    """No key that never expires, as far as the usual place goes."""
    settings = configparser.ConfigParser(interpolation=None)
    text = machine.read(machine.home / ".aws" / "credentials")
    settings.read_string(text or "")
    for section in settings.sections():
        if "aws_access_key_id" in settings[section]:
            yield f"[{section}] holds a key"
