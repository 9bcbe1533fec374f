"""A job that knows its settings before it touches anything."""

# --8<-- [start:job]
from pathlib import Path
from typing import Annotated

from pydantic import DirectoryPath, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from LEVELS_FOLDER and LEVELS_BUCKET."""

    model_config = SettingsConfigDict(env_prefix="LEVELS_", frozen=True)

    folder: DirectoryPath
    bucket: Annotated[str, Field(min_length=3, max_length=63)]


def run(table: str) -> tuple[Path, str]:
    """Write the table; return the file and the address to upload it to.

    Raises:
        pydantic.ValidationError: naming each wrong setting, before any work.
    """
    settings = Settings()
    file = settings.folder / "daily.csv"
    file.write_text(table, "utf-8")
    return file, f"s3://{settings.bucket}/{file.name}"


# --8<-- [end:job]
