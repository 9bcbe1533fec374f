"""Write an object only if nobody has written it yet."""

# --8<-- [start:put_once]
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFLICT_TRIES = 5


def put_once(client: "S3Client", bucket: str, key: str, body: bytes) -> bool:
    """Write the object unless the key is taken; say whether it was written.

    Raises:
        ClientError: if S3 refuses or fails.
        TimeoutError: if others keep writing the same key.
    """
    for _ in range(CONFLICT_TRIES):
        try:
            client.put_object(
                Bucket=bucket, Key=key, Body=body, IfNoneMatch="*"
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "PreconditionFailed":  # 412: somebody was first
                return False
            if code != "ConditionalRequestConflict":  # 409: ask again
                raise
        else:
            return True
    raise TimeoutError(f"s3://{bucket}/{key}: others keep writing it")


# --8<-- [end:put_once]
