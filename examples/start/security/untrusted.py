"""Read what others sent without doing what it says."""

# --8<-- [start:untrusted]
import zipfile
from pathlib import Path

import yaml


class TooLarge(Exception):
    """An archive holds more than we are willing to write."""


def settings_from(text: str) -> object:
    """Read YAML: data only, never objects.

    Raises:
        yaml.YAMLError: if it is broken, or asks for more.
    """
    return yaml.safe_load(text)


def unpack(archive: Path, scratch: Path, most_bytes: int) -> list[Path]:
    """Unpack a ZIP file into a scratch folder, without its own folders.

    Raises:
        TooLarge: as soon as more has come out than ``most_bytes``.
        FileExistsError: if two entries have one name.
    """
    left, written = most_bytes, []
    with zipfile.ZipFile(archive) as entries:
        for entry in entries.infolist():
            target = scratch / Path(entry.filename).name  # no ../ gets out
            with entries.open(entry) as source, target.open("xb") as sink:
                while chunk := source.read(65_536):
                    left -= len(chunk)
                    if left < 0:
                        raise TooLarge(f"{archive.name}: over {most_bytes}")
                    sink.write(chunk)
            written.append(target)
    return written


# --8<-- [end:untrusted]
