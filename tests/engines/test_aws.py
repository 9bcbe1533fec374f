"""The AWS emulators: started, found, and ended."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from guidance.engines import AwsEngine, aws, environment, ministack, moto
from guidance.engines.aws import REGION, identify


def answers(url: str) -> bool:
    """Whether anything is behind an address."""
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def test_moto_serves_and_goes() -> None:
    with moto() as engine:
        with environment(**engine.environment()):
            assert boto3.client("sts", region_name=REGION).get_caller_identity()
        assert identify(engine.endpoint_url) == engine

    assert not answers(engine.endpoint_url)
    assert engine.endpoint_url.startswith("http://127.0.0.1:")


def test_ministack_denies_a_user_without_a_policy_and_goes() -> None:
    with ministack() as engine:
        url = engine.endpoint_url
        assert identify(url) == engine
        with environment(**engine.environment()):
            iam = boto3.session.Session().client("iam")
            iam.create_user(UserName="nobody")
            key = iam.create_access_key(UserName="nobody")["AccessKey"]
            theirs = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"])
            with pytest.raises(ClientError, match="AccessDenied"):
                theirs.client("s3").list_buckets()

    assert not answers(url)
    assert url.startswith("http://127.0.0.1:")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ministack_serves_only_this_machine() -> None:
    with ministack(enforce_iam=False) as engine:
        port = int(engine.endpoint_url.rpartition(":")[2])
        lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
        listening = [line.split()[1] for line in lines if line.split()[3] == "0A"]
        with environment(**engine.environment()):
            assert boto3.client("s3", region_name=REGION).list_buckets()["Buckets"] == []

    assert f"0100007F:{port:04X}" in listening
    assert f"00000000:{port:04X}" not in listening


def test_an_endpoint_of_your_own_is_used(aws_engine: AwsEngine) -> None:
    with environment(AWS_ENDPOINT_URL=aws_engine.endpoint_url), aws() as engine:
        assert engine == aws_engine


def test_an_endpoint_that_is_no_emulator_is_called_aws() -> None:
    assert identify("http://127.0.0.1:9") == AwsEngine("AWS", "", "http://127.0.0.1:9")


def test_the_environment_is_as_before() -> None:
    with environment(GUIDANCE_A="1", GUIDANCE_B=None):
        with environment(GUIDANCE_A=None, GUIDANCE_B="2"):
            assert "GUIDANCE_A" not in os.environ
            assert os.environ["GUIDANCE_B"] == "2"
        assert os.environ["GUIDANCE_A"] == "1"
        assert "GUIDANCE_B" not in os.environ
    assert "GUIDANCE_A" not in os.environ


def test_a_profile_of_the_users_does_not_win() -> None:
    variables = AwsEngine("moto", "5", "http://127.0.0.1:1").environment()

    with environment(AWS_PROFILE="production"), environment(**variables):
        assert "AWS_PROFILE" not in os.environ


def test_moto_goes_with_a_killed_owner(tmp_path: Path) -> None:
    script = (
        "import time\nfrom guidance.engines import moto\n"
        "with moto() as engine:\n"
        "    print(engine.endpoint_url, flush=True)\n    time.sleep(60)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    url = owner.stdout.readline().strip()
    assert answers(url)

    owner.kill()
    owner.wait()
    owner.stdout.close()

    for _ in range(100):
        if not answers(url):
            break
        time.sleep(0.1)
    assert not answers(url)


@pytest.mark.skipif(sys.platform == "win32", reason="LocalStack needs Linux or macOS")
def test_only_this_machine_is_served(aws_engine: AwsEngine) -> None:
    port = int(aws_engine.endpoint_url.rpartition(":")[2])

    with open("/proc/net/tcp", encoding="ascii") as lines:
        listening = [line.split()[1] for line in lines if line.split()[3] == "0A"]

    assert f"0100007F:{port:04X}" in listening
    assert f"00000000:{port:04X}" not in listening
