"""Proofs of docs/storage/s3-and-boto.md."""

import http.server
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote_plus

import boto3
import botocore.endpoint
import pytest
import requests
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from guidance.engines import AwsEngine, environment
from guidance.evidence import assert_output, load_example, run_shell, twins

HERE = "storage/s3-and-boto"


def pair(good: str, wrong: str) -> dict[str, ModuleType]:
    """Load an example and its counter-example."""
    return {
        "good": load_example(f"{HERE}/{good}.py"),
        "bad": load_example(f"{HERE}/wrong/{wrong}.py"),
    }


@pytest.fixture
def thousand_and_five(bucket: str, aws_engine: AwsEngine) -> list[str]:
    """1,005 empty objects, written without boto3 because that takes seconds."""
    keys = [f"raw/{number:04}" for number in range(1_005)]
    with requests.Session() as session:
        for key in keys:
            url = f"{aws_engine.endpoint_url}/{bucket}/{key}"
            session.put(url, data=b"", timeout=10).raise_for_status()
    return keys


@pytest.mark.rule("BOTO-1")
def test_every_key_is_listed_beyond_the_first_thousand(
    s3: Any, bucket: str, thousand_and_five: list[str]
) -> None:
    modules = pair("listing", "one_page_only")

    def all_are_listed(module: Any) -> None:
        assert len(list(module.list_keys(s3, bucket, "raw/"))) == 1_005

    twins(all_are_listed, **modules, harm="1000 == 1005")
    assert sorted(modules["good"].list_keys(s3, bucket, "raw/")) == thousand_and_five


@pytest.mark.rule("BOTO-1")
def test_an_empty_prefix_is_an_empty_list(s3: Any, bucket: str) -> None:
    modules = pair("listing", "one_page_only")

    assert list(modules["good"].list_keys(s3, bucket, "raw/")) == []
    with pytest.raises(KeyError, match="Contents"):
        modules["bad"].list_keys(s3, bucket, "raw/")


@pytest.fixture
def unavailable() -> Iterator[tuple[str, list[str]]]:
    """An endpoint that answers 503, and what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(503)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


@pytest.mark.rule("BOTO-2")
def test_the_number_of_tries_is_the_one_that_was_meant(
    aws_engine: AwsEngine,
    unavailable: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, asked = unavailable
    monkeypatch.setattr(botocore.endpoint.time, "sleep", lambda seconds: None)

    def tries_five_times(module: Any) -> None:
        asked.clear()
        with environment(AWS_ENDPOINT_URL=url):
            with pytest.raises(ClientError):
                module.s3_client().list_buckets()
        assert len(asked) == 5

    twins(tries_five_times, **pair("client", "attempts"), harm="6 == 5")


def test_the_client_gives_up_waiting(aws_engine: AwsEngine) -> None:
    config = load_example(f"{HERE}/client.py").s3_client().meta.config

    assert (config.connect_timeout, config.read_timeout) == (5, 60)
    assert config.max_pool_connections == 16


@pytest.mark.rule("BOTO-3")
def test_denied_is_not_absent(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="there", Body=b"x")

    def denied_is_an_error(module: Any) -> None:
        with Stubber(s3) as stub:
            stub.add_client_error("head_object", "403", http_status_code=403)
            with pytest.raises(ClientError) as refused:
                answer = module.exists(s3, bucket, "there")
                assert answer == "refused", f"said {answer} of an object that is there"
            assert refused.value.response["Error"]["Code"] == "403"

    modules = pair("existence", "any_error_is_absence")
    twins(denied_is_an_error, **modules, harm="said False of an object that is there")
    assert modules["good"].exists(s3, bucket, "there")
    assert not modules["good"].exists(s3, bucket, "not there")
    assert modules["bad"].exists(s3, bucket, "there")


class Together:
    """A client whose two users look before either of them writes."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._looked = threading.Barrier(2, timeout=10)

    def head_object(self, **arguments: Any) -> Any:
        try:
            return self._client.head_object(**arguments)
        finally:
            self._looked.wait()

    def put_object(self, **arguments: Any) -> Any:
        return self._client.put_object(**arguments)


def race(put_once: Callable[..., bool], client: Any, bucket: str) -> int:
    """Let two threads write one key; return how many say that they did."""
    wrote: list[bool] = []

    def write(body: bytes) -> None:
        wrote.append(put_once(client, bucket, "once", body))

    threads = [threading.Thread(target=write, args=(b,)) for b in (b"one", b"two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return wrote.count(True)


@pytest.mark.rule("BOTO-5")
def test_one_of_two_writers_wins(s3: Any, bucket: str) -> None:
    modules = pair("conditional", "check_then_put")

    def one_wins(module: Any) -> None:
        s3.delete_object(Bucket=bucket, Key="once")
        assert race(module.put_once, Together(s3), bucket) == 1

    twins(one_wins, **modules, harm="2 == 1")
    assert not modules["good"].put_once(s3, bucket, "once", b"three")
    assert not modules["bad"].put_once(s3, bucket, "once", b"three")


@pytest.mark.rule("BOTO-5")
def test_a_conflict_is_asked_again_and_given_up(s3: Any, bucket: str) -> None:
    put_once = load_example(f"{HERE}/conditional.py").put_once
    conflict = ("put_object", "ConditionalRequestConflict", "", 409)

    with Stubber(s3) as stub:
        stub.add_client_error(*conflict)
        stub.add_response("put_object", {})
        assert put_once(s3, bucket, "once", b"x")
        for _ in range(5):
            stub.add_client_error(*conflict)
        with pytest.raises(TimeoutError, match=r"once: others keep writing it"):
            put_once(s3, bucket, "once", b"x")
        stub.add_client_error("put_object", "AccessDenied", "", 403)
        with pytest.raises(ClientError, match="AccessDenied"):
            put_once(s3, bucket, "once", b"x")


@pytest.mark.rule("BOTO-7")
def test_what_was_not_deleted_is_named(s3: Any, bucket: str) -> None:
    refused = {"Errors": [{"Key": "locked", "Code": "AccessDenied", "Message": ""}]}
    modules = pair("deletion", "status_is_enough")

    def is_noticed(module: Any) -> None:
        with Stubber(s3) as stub:
            ok = {"ResponseMetadata": {"HTTPStatusCode": 200}}
            stub.add_response("delete_objects", refused | ok)
            noticed = "nothing"
            try:
                module.delete_keys(s3, bucket, ["locked"])
            except module.NotDeleted as error:
                noticed = error.reasons
            assert noticed == {"locked": "AccessDenied"}

    modules["bad"].NotDeleted = ValueError  # it has no error of its own
    twins(is_noticed, **modules, harm="'nothing' == ")


@pytest.mark.rule("BOTO-7")
def test_any_number_of_objects_is_deleted(s3: Any, bucket: str) -> None:
    modules = pair("deletion", "status_is_enough")
    modules["good"].MOST_KEYS = 2  # instead of 1,000, which take seconds to write
    keys = [f"raw/{number}" for number in range(5)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")

    modules["good"].delete_keys(s3, bucket, keys)

    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    with Stubber(s3) as stub:
        failed = {"ResponseMetadata": {"HTTPStatusCode": 500}}
        stub.add_response("delete_objects", failed)
        with pytest.raises(RuntimeError, match="not deleted"):
            modules["bad"].delete_keys(s3, bucket, ["one"])


@pytest.mark.rule("BOTO-10")
def test_memory_does_not_follow_the_size_of_the_object(s3: Any, bucket: str) -> None:
    size_mb = 24
    line = b"x" * 1_023 + b"\n"
    s3.put_object(Bucket=bucket, Key="big", Body=line * 1_024 * size_mb)
    modules = pair("streaming", "whole_object")

    def stays_small(module: Any) -> None:
        tracemalloc.start()
        lines = module.count_lines(s3, bucket, "big")
        peak_mb = tracemalloc.get_traced_memory()[1] / 1_048_576
        tracemalloc.stop()
        assert lines == 1_024 * size_mb
        assert peak_mb < 8, f"needs {peak_mb / size_mb:.0f} times the object"

    try:
        twins(stays_small, **modules, harm=r"needs [2-9] times the object")
    finally:
        tracemalloc.stop()


@pytest.mark.rule("BOTO-11")
@pytest.mark.parametrize("key", ["plain.csv", "Q1 2026+draft.csv", "café/é.csv"])
def test_the_key_of_an_event_is_decoded(s3: Any, bucket: str, key: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    # As S3 writes it; moto and LocalStack send events too, but not in this test.
    record = {"s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key)}}}
    object_of = load_example(f"{HERE}/events.py").object_of

    assert object_of(record) == (bucket, key)
    assert s3.get_object(Bucket=bucket, Key=object_of(record)[1])["Body"].read() == b"x"


@pytest.mark.rule("BOTO-11")
def test_an_encoded_key_finds_nothing(s3: Any, bucket: str) -> None:
    key = "Q1 2026.csv"
    s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    record = {"s3": {"bucket": {"name": bucket}, "object": {"key": "Q1+2026.csv"}}}

    def finds_it(module: Any) -> None:
        found = module.object_of(record)[1]
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=found)["KeyCount"]
        assert listed == 1, f"no object {found}"

    modules = pair("events", "key_as_it_comes")
    twins(finds_it, **modules, harm=r"no object Q1\+2026.csv")


@pytest.mark.rule("BOTO-4")
def test_a_checksum_holds_for_large_objects(s3: Any, bucket: str, tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(b"0123456789abcdef" * 600_000)  # over 8 MB: sent in parts
    modules = pair("checksums", "etag_is_no_md5")
    modules["good"].upload(s3, bucket, "large", file)

    def is_intact(module: Any) -> None:
        assert module.is_intact(s3, bucket, "large")

    twins(is_intact, **modules, harm="assert False")
    s3.put_object(Bucket=bucket, Key="large", Body=b"x", Metadata={"sha256": "0"})
    assert not modules["good"].is_intact(s3, bucket, "large")


def test_the_page_names_what_boto3_really_does() -> None:
    """Facts of the page that a new release could change."""
    with environment(AWS_MAX_ATTEMPTS=None, AWS_RETRY_MODE=None):
        plain = boto3.client("s3", region_name="eu-west-2").meta.config

    assert plain.connect_timeout == 60
    assert plain.read_timeout == 60


def test_the_command_line_lists_and_counts(s3: Any, bucket: str, tmp_path: Path) -> None:
    for name in ("a.json.gz", "b.json.gz"):
        s3.put_object(Bucket=bucket, Key=f"raw/{name}", Body=b"x" * 20)

    shown = run_shell(
        f"examples/{HERE}/look.sh", cwd=tmp_path, env={"RIVER_LEVELS_BUCKET": bucket}
    )

    assert "Total Objects: 2" in shown.stdout
    time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert_output(f"examples/{HERE}/look.out", shown.stdout, volatile=[time])
