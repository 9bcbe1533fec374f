"""Pack folders into a zip for Lambda: the same files, the same bytes.

``python -m river_levels.package build/river-levels.zip build/lambda``
"""

# --8<-- [start:package]
import base64
import hashlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can name: when it was packed is no content."""
LEFT_OUT = frozenset(
    {"__pycache__", "bin", "RECORD", "direct_url.json", "uv_cache.json"}
)
"""What differs from machine to machine, and what no function needs."""
READABLE = 0o100644 << 16
LAMBDA_LIMIT = 250 * 2**20
"""Bytes, unpacked, layers included."""


def pack(source: Path, target: Path) -> str:
    """Write a folder's files into a zip; return its SHA-256 in base64.

    That digest is what Lambda and Terraform compare.

    Raises:
        ValueError: if there is nothing to pack, or more than Lambda takes.
    """
    files = sorted(_files(source))
    size = sum(path.stat().st_size for path in files)
    if not files or size > LAMBDA_LIMIT:
        raise ValueError(f"{source} holds {size:,} bytes: check what is in it")
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            name = path.relative_to(source).as_posix()
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # Unix, on Windows too
            entry.external_attr = READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return base64.b64encode(
        hashlib.sha256(target.read_bytes()).digest()
    ).decode()


def _files(source: Path) -> Iterator[Path]:
    for path in source.rglob("*"):
        parts = path.relative_to(source).parts
        if path.is_file() and LEFT_OUT.isdisjoint(parts):
            if not path.name.startswith("."):
                yield path


# --8<-- [end:package]


def main() -> int:
    """Pack what the arguments name and print the digest."""
    try:
        target, source = (Path(name) for name in sys.argv[1:])
        print(pack(source, target))
    except (OSError, ValueError) as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
