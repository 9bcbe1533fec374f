"""The raw zone in S3: every reply as received, written once, never changed.

Keys hold no colon, so that the objects can be copied to Windows::

    raw/flood_monitoring/readings/window_start=…/window_end=…/<sha256>.json.gz
    raw/flood_monitoring/_manifests/window_start=…/window_end=…/<fetched>.json
"""

# --8<-- [start:layout]
import gzip
import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ProfileNotFound,
)

from river_levels.errors import StorageError
from river_levels.windows import Window, compact, iso, parse_utc

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = "raw/flood_monitoring"
CONFLICT_TRIES = 5
# --8<-- [end:layout]

CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 4},
)


# --8<-- [start:records]
@dataclass(frozen=True)
class RawObject:
    """One stored reply and where it came from.

    Attributes:
        url: what was asked, without secrets (this source has none).
        headers: of the reply, without cookies.
        sha256: of the reply's body before compression.
        fetched_at: ISO 8601, UTC.
    """

    key: str
    dataset: str
    url: str
    status: int
    headers: dict[str, str]
    sha256: str
    size: int
    fetched_at: str


@dataclass(frozen=True)
class Manifest:
    """What one extraction of one window brought, in order.

    Attributes:
        fetched_at: when the extraction began, UTC. It decides which of two
            values of a reading is the newer one.
    """

    key: str
    window: Window
    fetched_at: datetime
    objects: tuple[RawObject, ...]

    @property
    def content(self) -> str:
        """A digest of what was brought, whenever that was."""
        parts = "\n".join(f"{o.key} {o.url}" for o in self.objects)
        return hashlib.sha256(parts.encode()).hexdigest()


# --8<-- [end:records]


def s3_client() -> "S3Client":
    """Return a client with time-outs and retries set; the region and the
    credentials come from the standard chain.

    Raises:
        StorageError: if the profile that is asked for does not exist.
    """
    try:
        return boto3.Session().client("s3", config=CONFIG)
    except (ProfileNotFound, BotoCoreError) as error:
        raise StorageError(
            f"AWS is not configured: {error}",
            "set AWS_PROFILE and AWS_REGION, then run `aws sso login`",
        ) from error


class RawStore:
    """The raw zone of one bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def check(self) -> None:
        """Fail now if the bucket is not there for us.

        Raises:
            StorageError: with the reason and the remedy.
        """
        with self._errors("the bucket"):
            self._client.head_bucket(Bucket=self.bucket)

    def put_new(self, key: str, body: bytes, content_type: str) -> bool:
        """Write an object unless the key is taken; say whether it was written.

        Raises:
            StorageError: if S3 fails or refuses.
        """
        with self._errors(key):
            for _ in range(CONFLICT_TRIES):
                try:
                    self._client.put_object(
                        Bucket=self.bucket,
                        Key=key,
                        Body=body,
                        ContentType=content_type,
                        IfNoneMatch="*",
                    )
                except ClientError as error:
                    code = error.response["Error"]["Code"]
                    if code == "PreconditionFailed":
                        return False
                    if code != "ConditionalRequestConflict":
                        raise
                else:
                    return True
        raise StorageError(
            f"s3://{self.bucket}/{key} is being written by others",
            "run again; if it stays, look for a second scheduler",
        )

    # --8<-- [start:put_reply]
    def put_reply(
        self, dataset: str, window: Window, body: bytes
    ) -> tuple[str, str]:
        """Store the body of a reply and return its key and its SHA-256.

        The key is made from the content and the bytes are the same each time,
        so that storing it again changes nothing.
        """
        sha256 = hashlib.sha256(body).hexdigest()
        key = f"{ROOT}/{dataset}/{_partition(window)}/{sha256}.json.gz"
        packed = gzip.compress(body, compresslevel=6, mtime=0)
        self.put_new(key, packed, "application/gzip")
        return key, sha256

    # --8<-- [end:put_reply]

    def get_reply(self, stored: RawObject) -> bytes:
        """Read the body of a stored reply and check it.

        Raises:
            StorageError: if it is missing, or not what was stored.
        """
        with self._errors(stored.key):
            got = self._client.get_object(Bucket=self.bucket, Key=stored.key)
            with closing(got["Body"]) as stream:
                packed = stream.read()
        try:
            body = gzip.decompress(packed)
        except (OSError, EOFError):
            body = b""
        if hashlib.sha256(body).hexdigest() != stored.sha256:
            raise StorageError(
                f"s3://{self.bucket}/{stored.key} is damaged",
                "delete it and extract the window again",
            )
        return body

    # --8<-- [start:put_manifest]
    def put_manifest(
        self,
        window: Window,
        fetched_at: datetime,
        objects: tuple[RawObject, ...],
    ) -> Manifest:
        """Write the manifest that makes an extraction complete.

        If the newest manifest of the window brought the very same content,
        that one is returned and nothing is written.
        """
        moment = fetched_at.strftime("%Y%m%dT%H%M%S%fZ")
        key = f"{ROOT}/_manifests/{_partition(window)}/{moment}.json"
        manifest = Manifest(key, window, fetched_at, objects)
        newest = self.newest_manifest(window)
        if newest and newest.content == manifest.content:
            return newest
        self.put_new(key, _to_json(manifest), "application/json")
        return manifest

    # --8<-- [end:put_manifest]

    def newest_manifest(self, window: Window) -> Manifest | None:
        """Return the newest complete extraction of a window, if any."""
        prefix = f"{ROOT}/_manifests/{_partition(window)}/"
        with self._errors(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix
            )
            keys = [o["Key"] for p in pages for o in p.get("Contents", [])]
            if not keys:
                return None
            key = max(keys)
            got = self._client.get_object(Bucket=self.bucket, Key=key)
            with closing(got["Body"]) as stream:
                return _from_json(key, stream.read())

    def put_export(self, key: str, body: bytes) -> bool:
        """Replace an export if its content changed; say whether it did."""
        sha256 = hashlib.sha256(body).hexdigest()
        with self._errors(key):
            if self._sha256_of(key) == sha256:
                return False
            self._client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=body,
                ContentType="text/csv; charset=utf-8",
                Metadata={"sha256": sha256},
            )
        return True

    def _sha256_of(self, key: str) -> str | None:
        try:
            head = self._client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] == "404":
                return None
            raise
        return head["Metadata"].get("sha256")

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        """Turn the errors of S3 into one line with a remedy."""
        place = f"s3://{self.bucket} ({what})"
        try:
            yield
        except NoCredentialsError as error:
            raise StorageError(
                "no AWS credentials",
                "run `aws sso login` and set AWS_PROFILE",
            ) from error
        except ClientError as error:
            code = error.response["Error"]["Code"]
            remedy = _REMEDIES.get(code, "look the code up, then run again")
            raise StorageError(f"{place}: {code}", remedy) from error
        except BotoCoreError as error:
            raise StorageError(
                f"{place}: {error}",
                "check the network and AWS_ENDPOINT_URL, then run again",
            ) from error


_MISSING = "create the bucket, or correct RIVER_LEVELS_BUCKET"
_DENIED = "check the role's policy and the bucket's owner"
_EXPIRED = "sign in again with `aws sso login`"
_REMEDIES = {
    "404": _MISSING,
    "NoSuchBucket": _MISSING,
    "403": _DENIED,
    "AccessDenied": _DENIED,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InvalidAccessKeyId": _EXPIRED,
    "SignatureDoesNotMatch": _EXPIRED,
    "NoSuchKey": "extract the window again",
}


# --8<-- [start:keys]
def _partition(window: Window) -> str:
    start, end = compact(window.start), compact(window.end)
    return f"window_start={start}/window_end={end}"


def _to_json(manifest: Manifest) -> bytes:
    document = {
        "schema_version": 1,
        "window_start": iso(manifest.window.start),
        "window_end": iso(manifest.window.end),
        "fetched_at": iso(manifest.fetched_at),
        "objects": [asdict(stored) for stored in manifest.objects],
    }
    return json.dumps(document, indent=1, sort_keys=True).encode()


# --8<-- [end:keys]


def _from_json(key: str, body: bytes) -> Manifest:
    document = json.loads(body)
    return Manifest(
        key=key,
        window=Window.parse(document["window_start"], document["window_end"]),
        fetched_at=parse_utc(document["fetched_at"]),
        objects=tuple(RawObject(**stored) for stored in document["objects"]),
    )
