"""Keep what a sheet held, as it came, before anything is parsed."""

# --8<-- [start:keep]
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def keep(
    s3: "S3Client",
    bucket: str,
    file: Mapping[str, str],
    values: Sequence[Sequence[Any]],
) -> str:
    """Store the values of a tab and return their key.

    Args:
        file: from Drive's ``files.get``: id, headRevisionId or version,
            modifiedTime.

    Raises:
        botocore.exceptions.ClientError: if S3 refuses.
    """
    body = json.dumps(
        {"file": dict(file), "values": values}, sort_keys=True
    ).encode()
    digest = hashlib.sha256(body).hexdigest()
    key = f"raw/sheets/{file['id']}/{file['modifiedTime'][:10]}/{digest}.gz"
    try:
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=gzip.compress(body, mtime=0),
            IfNoneMatch="*",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
    return key


# --8<-- [end:keep]
