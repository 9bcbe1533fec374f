"""``guidance deploy``: put the site that passed the gate into its bucket.

``aws s3 sync --delete`` would do less: it takes content types from the machine that it
runs on, uploads pages before the files that they need, and empties whatever bucket it
is given. This asks first whether the bucket holds this site, and how many pages would go.
"""

import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from guidance.engines.aws import REGION
from guidance.site import seal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SHRINKAGE: Final = 0.2
"""The share of pages that a deployment may remove without being told to."""

SHOWN = 10
MOST_DELETED = 1_000
"""How many objects S3 deletes in one call."""

UTF8 = "; charset=utf-8"
TYPES: Final = {
    ".css": f"text/css{UTF8}",
    ".gif": "image/gif",
    ".gz": "application/gzip",
    ".html": f"text/html{UTF8}",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": f"text/javascript{UTF8}",
    ".json": "application/json",
    ".map": "application/json",
    ".md": f"text/markdown{UTF8}",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": f"text/plain{UTF8}",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
"""Never from the ``mimetypes`` of the machine, which differ: Windows has none for .js."""

HASHED = re.compile(r"\.[0-9a-f]{8}\.min\.(css|js)(\.map)?$")
FOR_EVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"
ASK_FIRST = "no-cache"
LONG_LIVED = frozenset({".gif", ".ico", ".jpg", ".png", ".svg", ".webp", ".woff2"})


class DeployError(Exception):
    """The site must not be deployed, or could not be; says what to do."""


@dataclass(frozen=True)
class Upload:
    """A file of the site as the bucket will have it."""

    key: str
    path: Path
    content_type: str
    cache_control: str


@dataclass(frozen=True)
class Change:
    """What a deployment does to the bucket.

    Attributes:
        uploads: in order: what pages need, the pages, the seal.
        gone: keys that the site no longer has.
    """

    uploads: list[Upload]
    gone: list[str]


def deploy(
    site: Path,
    bucket: str,
    distribution: str,
    *,
    dry_run: bool = False,
    allow_fewer_pages: bool = False,
) -> int:
    """Upload the site, delete what it no longer has, and empty CloudFront's cache.

    Returns:
        0, or 1 with the reason on standard error. Unless all checks held, nothing was
        changed; unless all uploads worked, nothing was deleted.
    """
    try:
        s3 = boto3.client("s3", region_name=REGION)
        change = planned(site, bucket, keys_in(s3, bucket), allow_fewer_pages)
        if dry_run:
            print(f"deploy: would upload {len(change.uploads)} files to {bucket}")
            print(f"deploy: would delete {_listed(change.gone)}")
            return 0
        _upload(s3, bucket, change.uploads)
        _delete(s3, bucket, change.gone)
        invalidation = _invalidate(distribution)
    except (DeployError, seal.SealError) as error:
        return _fail(str(error))
    except (BotoCoreError, ClientError) as error:
        return _fail(f"{bucket}, {distribution}: {error}: mend that, then run it again")
    print(
        f"deploy: {len(change.uploads)} files in {bucket}, {len(change.gone)} deleted, "
        f"invalidation {invalidation}"
    )
    return 0


def planned(site: Path, bucket: str, present: set[str], allow_fewer_pages: bool) -> Change:
    """Return what to do to a bucket that holds the keys ``present``.

    Raises:
        DeployError: if the bucket holds something else, or too many pages would go.
        SealError: if the site did not pass the gate as it is.
    """
    pages = seal.read(site).pages
    if present and seal.NAME not in present:
        raise DeployError(
            f"{bucket} holds {len(present)} objects that are not this site: name its own, "
            "or an empty bucket"
        )
    before = seal.count_pages(iter(present))
    if pages < before * (1 - SHRINKAGE) and not allow_fewer_pages:
        raise DeployError(
            f"the site has {pages} pages, {bucket} has {before}: if that is meant, pass "
            "--allow-fewer-pages"
        )
    uploads = sorted(_uploads(site), key=lambda one: (_turn(one.key), one.key))
    return Change(uploads, sorted(present - {one.key for one in uploads}))


def keys_in(s3: "S3Client", bucket: str) -> set[str]:
    """Return the keys of all objects of a bucket."""
    listing = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {found["Key"] for page in listing for found in page.get("Contents", [])}


def _uploads(site: Path) -> Iterator[Upload]:
    for path in site.rglob("*"):
        if path.is_file():
            key = path.relative_to(site).as_posix()
            yield Upload(key, path, content_type(key, path), cache_control(key))


def _turn(key: str) -> int:
    """Pages come after what they need, and the seal after all."""
    if key == seal.NAME:
        return 2
    return 1 if key.endswith(".html") else 0


def content_type(key: str, path: Path) -> str:
    """Return what a browser is to take a file for. Sources are shown, never run.

    Raises:
        DeployError: if that is unknown.
    """
    known = TYPES.get(path.suffix)
    is_source = key.startswith(f"{seal.SOURCES}/")
    if known and not (is_source and UTF8 in known):
        return known
    try:
        path.read_text("utf-8")
    except UnicodeDecodeError:
        raise DeployError(
            f"{key} has no content type: add {path.suffix or path.name} to TYPES in deploy.py"
        ) from None
    return f"text/plain{UTF8}"


def cache_control(key: str) -> str:
    """Return how long a browser may keep a file without asking.

    Files whose names hold a digest of them never change. Pictures and fonts rarely do.
    For all others a browser asks each time, and mostly hears that nothing has changed.
    """
    if HASHED.search(key):
        return FOR_EVER
    return A_DAY if Path(key).suffix in LONG_LIVED else ASK_FIRST


def _upload(s3: "S3Client", bucket: str, uploads: list[Upload]) -> None:
    for one in uploads:
        s3.put_object(
            Bucket=bucket,
            Key=one.key,
            Body=one.path.read_bytes(),
            ContentType=one.content_type,
            CacheControl=one.cache_control,
        )


def _delete(s3: "S3Client", bucket: str, keys: list[str]) -> None:
    for some in batched(keys, MOST_DELETED):
        reply = s3.delete_objects(
            Bucket=bucket, Delete={"Objects": [{"Key": key} for key in some], "Quiet": True}
        )
        if refused := reply.get("Errors"):
            first = refused[0]
            raise DeployError(
                f"{bucket}: {len(refused)} files were not deleted, such as "
                f"{first.get('Key')}: {first.get('Message')}"
            )


def _invalidate(distribution: str) -> str:
    """Have CloudFront forget everything; one path costs one path."""
    reply = boto3.client("cloudfront", region_name=REGION).create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": ["/*"]},
            "CallerReference": str(uuid.uuid4()),
        },
    )
    return reply["Invalidation"]["Id"]


def _listed(keys: list[str]) -> str:
    more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    return (", ".join(keys[:SHOWN]) or "nothing") + more


def _fail(reason: str) -> int:
    print(f"guidance: {reason}", file=sys.stderr)
    return 1
