"""What the raw zone does with errors of S3 that no emulator makes."""

import boto3
import pytest
from botocore.stub import Stubber

from river_levels.errors import StorageError
from river_levels.storage import CONFLICT_TRIES, RawStore

KEY = "raw/flood_monitoring/a.json.gz"


def store_that_fails(operation: str, code: str, times: int = 1) -> RawStore:
    client = boto3.client(
        "s3",
        region_name="eu-west-2",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    stubber = Stubber(client)
    for _ in range(times):
        stubber.add_client_error(operation, service_error_code=code)
    stubber.activate()
    return RawStore(client, "levels")


def test_a_key_that_others_keep_writing_is_given_up() -> None:
    store = store_that_fails(
        "put_object", "ConditionalRequestConflict", CONFLICT_TRIES
    )

    with pytest.raises(StorageError, match="is being written by others"):
        store.put_new(KEY, b"{}", "application/json")


def test_a_failed_write_is_no_success() -> None:
    store = store_that_fails("put_object", "AccessDenied")

    with pytest.raises(StorageError, match="AccessDenied"):
        store.put_new(KEY, b"{}", "application/json")


def test_denied_is_not_absent() -> None:
    store = store_that_fails("head_object", "403")

    with pytest.raises(StorageError, match="403"):
        store.put_export("exports/daily.csv", b"a")
