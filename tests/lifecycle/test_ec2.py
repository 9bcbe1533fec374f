"""Proofs of docs/lifecycle/ec2.md."""

import http.server
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from cronsim import CronSim

from guidance.engines import AwsEngine, EngineError
from guidance.engines.aws import REGION
from guidance.engines.switch import Switch
from guidance.engines.terraform import Plan, Workspace
from guidance.evidence import (
    load_example,
    prove,
    prove_plan,
    regions,
    run_shell,
    twins,
    validate_schema,
)
from guidance.evidence.host import Host
from guidance.evidence.recorder import Level
from guidance.paths import EXAMPLES

if TYPE_CHECKING:
    from river_levels.pipeline import Pipeline

HERE = "lifecycle/ec2"
FOLDER = EXAMPLES / HERE
MODULE = "river-levels-etl/infra/modules/development_box"
GREW = f"{HERE}/wrong/as_it_grew"
INSTANCE = "i-0123456789abcdef0"

type Make = Callable[..., Workspace]


# --- the box, planned -----------------------------------------------------------------


class Planned:
    """A plan, and the folder of the examples that it was made of."""

    def __init__(self, source: str, plan: Plan) -> None:
        self.source = source
        self.plan = plan

    def proves(self) -> None:
        """Note the files that were planned."""
        prove_plan(self.plan, f"examples/{self.source}")
        copy = self.plan.folder / "modules" / "development_box" / "main.tf"
        if copy.is_file():
            assert copy.read_bytes() == (EXAMPLES / MODULE / "main.tf").read_bytes()
            for ref in regions.refs_in(EXAMPLES / MODULE / "main.tf"):
                prove(ref, Level.PLANNED, self.plan.tool)

    def one(self, kind: str) -> dict[str, Any]:
        """Return the values of the only resource of a type."""
        [found] = [v for k, v in self.plan.resources.items() if f".{kind}." in f".{k}"]
        return found


@pytest.fixture(scope="module")
def plans(
    aws_engine: AwsEngine, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Planned]:
    """The plan of the page's box, and that of its counter-example."""
    folder = tmp_path_factory.mktemp("plans")
    source = folder / "source"
    source.mkdir()
    shutil.copy(FOLDER / "main.tf", source)
    shutil.copytree(EXAMPLES / MODULE, source / "modules" / "development_box")
    network = {"vpc_id": "vpc-1", "subnet_id": "subnet-1"}
    found = {}
    try:
        for name, place in {HERE: source, GREW: EXAMPLES / GREW}.items():
            workspace = Workspace(place, folder / name.replace("/", "-"))
            workspace.init()
            found[name] = Planned(name, workspace.plan(network))
    except EngineError as error:
        pytest.skip(str(error))
    return found


@pytest.mark.parametrize(
    ("rule", "harm"),
    [
        pytest.param(
            "EC2-1",
            r"public address; .* a key file .*; .*port 22 from 0.0.0.0/0; .*port 8080",
            marks=pytest.mark.rule("EC2-1"),
        ),
        pytest.param("EC2-2", "answers IMDSv1", marks=pytest.mark.rule("EC2-2")),
        pytest.param(
            "EC2-3",
            "a key that works until deleted; .*allows far more",
            marks=pytest.mark.rule("EC2-3"),
        ),
        pytest.param("EC2-4", "not encrypted gp3", marks=pytest.mark.rule("EC2-4")),
        pytest.param(
            "EC2-5", "no tag Owner, Environment, AutoStop", marks=pytest.mark.rule("EC2-5")
        ),
    ],
)
def test_a_box_is_closed_hardened_and_tagged(
    plans: dict[str, Planned], rule: str, harm: str
) -> None:
    policy = load_example(f"{HERE}/box_policy.py")

    def keeps_the_rule(planned: Planned) -> None:
        planned.proves()
        found = sorted(f for f in policy.faults(planned.plan.document) if rule in f)
        assert found == [], "; ".join(found)

    twins(keeps_the_rule, good=plans[HERE], bad=plans[GREW], harm=harm)


def test_the_policy_as_a_command(plans: dict[str, Planned]) -> None:
    """Also: an ingress rule in a resource of its own is found."""
    good = plans[HERE].plan.document
    opened = json.loads(json.dumps(good))
    opened["planned_values"]["root_module"]["resources"].append(
        {
            "type": "aws_vpc_security_group_ingress_rule",
            "address": "aws_vpc_security_group_ingress_rule.ssh",
            "values": {"from_port": 22, "cidr_ipv4": "0.0.0.0/0"},
        }
    )
    command = [sys.executable, str(FOLDER / "box_policy.py")]

    done = [
        subprocess.run(
            command, input=json.dumps(plan), capture_output=True, text=True, check=False
        )
        for plan in (good, opened)
    ]

    assert [one.returncode for one in done] == [0, 1]
    assert done[0].stdout == "no fault\n"
    assert "ssh: EC2-1 lets in port 22 from 0.0.0.0/0" in done[1].stdout


def test_the_image_is_the_newest_one(plans: dict[str, Planned]) -> None:
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    newest = boto3.client("ssm", region_name=REGION).get_parameter(Name=name)

    plans[HERE].proves()

    assert plans[HERE].one("aws_instance")["ami"] == newest["Parameter"]["Value"]
    profile = plans[HERE].plan.resources["module.box.aws_iam_role_policy_attachment.work[0]"]
    assert "policy_arn" not in profile  # known once the policy is made


@pytest.mark.rule("EC2-6")
def test_the_set_up_is_in_git_and_linted(plans: dict[str, Planned]) -> None:
    script = EXAMPLES / MODULE / "user_data.sh"
    linter = shutil.which("shellcheck")
    command = [linter] if linter else ["bash", "-n"]
    tool = "shellcheck" if linter else "bash -n"

    done = subprocess.run([*command, str(script)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    prove(f"examples/{MODULE}/user_data.sh", Level.VALIDATED, tool)
    sent = plans[HERE].one("aws_instance")
    assert sent["user_data_replace_on_change"] is True
    assert script.read_text("utf-8").startswith("#!/bin/bash\n")


@pytest.mark.audit
def test_the_modules_own_tests_pass(terraform: Make) -> None:
    found = terraform(MODULE).test()

    assert len(found) > 5
    assert set(found.values()) == {"pass"}


# --- EC2-5: when it stops -------------------------------------------------------------

SPRING = (date(2026, 3, 28), date(2026, 3, 30))
AUTUMN = (date(2026, 10, 24), date(2026, 10, 26))


@pytest.mark.rule("EC2-5")
def test_it_stops_at_seven_in_london_all_year(plans: dict[str, Planned]) -> None:
    clocks = load_example(f"{HERE}/clocks.py")

    def stops_at_seven(planned: Planned) -> None:
        planned.proves()
        if planned.source == HERE:
            found = planned.one("aws_scheduler_schedule")
            zone = found["schedule_expression_timezone"]
        else:
            found, zone = planned.one("aws_cloudwatch_event_rule"), "UTC"
        fired = [
            moment
            for first, last in (SPRING, AUTUMN)
            for moment in clocks.firings(found["schedule_expression"], zone, first, last)
        ]
        assert len(fired) == 6
        wrong = [f"{moment:%H:%M on %d %b}" for moment in fired if moment.hour != 19]
        assert wrong == [], f"stops at {', '.join(wrong)}"

    twins(
        stops_at_seven,
        good=plans[HERE],
        bad=plans[GREW],
        harm="stops at 18:00 on 28 Mar, 18:00 on 25 Oct, 18:00 on 26 Oct",
    )


def test_an_hour_that_is_skipped_or_repeated() -> None:
    """What the page says of times between midnight and three."""
    clocks = load_example(f"{HERE}/clocks.py")

    half_past_one = "cron(30 1 * * ? *)"
    spring = clocks.firings(half_past_one, "Europe/London", *SPRING)

    assert [f"{moment:%d %H:%M}" for moment in spring if moment.day == 29] != ["29 01:30"]
    utc = clocks.firings("cron(30 1 * * ? *)", "UTC", *AUTUMN)
    assert [moment.hour for moment in utc] == [2, 1, 1]
    with pytest.raises(ValueError, match="no daily cron"):
        clocks.firings("rate(1 day)", "UTC", *SPRING)


# --- EC2-8: the way in ----------------------------------------------------------------


class Endpoint:
    """Answers as Systems Manager and Instance Connect, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(size))
                action = self.headers["X-Amz-Target"].rpartition(".")[2]
                outer.asked.append((action, body))
                answers = {
                    "SendSSHPublicKey": {"RequestId": "1", "Success": True},
                    "StartSession": {
                        "SessionId": "sam-1",
                        "TokenValue": "t",
                        "StreamUrl": "wss://127.0.0.1/x",
                    },
                }
                reply = json.dumps(answers[action]).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


KEY = f"ssh-ed25519 {'A' * 68} sam\n"
PLUGIN = """#!/bin/sh
printf '%s\\n' "$@" >> "$HOME/plugin.log"
echo SSH-2.0-through-the-session
"""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A stand-in for two services that no emulator has."""
    made = Endpoint()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def laptop(tmp_path: Path, endpoint: Endpoint) -> dict[str, str]:
    """The variables of a laptop: a profile, an SSH key, the plugin on PATH."""
    home, programs = tmp_path / "home", tmp_path / "bin"
    for folder in (home / ".ssh", home / ".aws", programs):
        folder.mkdir(parents=True)
    profile = "[profile river-levels-development]\nregion = eu-west-2\n"
    keys = "aws_access_key_id = test\naws_secret_access_key = test\n"
    (home / ".aws" / "config").write_text(profile + keys, "utf-8")
    (home / ".ssh" / "id_ed25519.pub").write_text(KEY, "utf-8")
    plugin = programs / "session-manager-plugin"
    plugin.write_text(PLUGIN, "utf-8")
    plugin.chmod(0o755)
    ours = os.pathsep.join([str(programs), str(Path(sys.executable).parent)])
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return kept | {
        "HOME": str(home),
        "PATH": f"{ours}{os.pathsep}{os.environ['PATH']}",
        "AWS_CONFIG_FILE": str(home / ".aws" / "config"),
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def resolved(name: str, variables: dict[str, str]) -> dict[str, str]:
    """Return how ssh itself reads a configuration of the page."""
    done = subprocess.run(
        ["ssh", "-G", "-F", str(FOLDER / name), "river-levels-box"],
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    prove(f"examples/{HERE}/{name}", Level.VALIDATED, "ssh -G")
    lines = (line.partition(" ") for line in done.stdout.splitlines())
    return {key: value for key, _, value in lines}


needs_ssh = pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh is not on PATH")


@needs_ssh
@pytest.mark.rule("EC2-8")
def test_ssh_goes_through_session_manager(endpoint: Endpoint, laptop: dict[str, str]) -> None:
    def goes_through(name: str) -> None:
        found = resolved(name, laptop)
        assert "proxycommand" in found, f"straight to {found['hostname']}, port 22"
        # What ssh would run: the AWS CLI asks for a session, and hands it to the plugin.
        command = found["proxycommand"].replace("%h", found["hostname"]).replace("%p", "22")
        done = subprocess.run(
            ["sh", "-c", command],
            env=laptop,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.startswith("SSH-2.0-through-the-session")
        assert found["identitiesonly"] == "yes"

    twins(
        goes_through,
        good="ssh_config",
        bad="wrong/ssh_config",
        harm="straight to 203.0.113.7, port 22",
    )
    key, session = endpoint.asked
    assert key == (
        "SendSSHPublicKey",
        {
            "InstanceId": INSTANCE,
            "InstanceOSUser": "ec2-user",
            "SSHPublicKey": KEY,
        },
    )
    assert session == (
        "StartSession",
        {
            "Target": INSTANCE,
            "DocumentName": "AWS-StartSSHSession",
            "Parameters": {"portNumber": ["22"]},
        },
    )
    given = Path(laptop["HOME"], "plugin.log").read_text("utf-8")
    assert '"SessionId": "sam-1"' in given


@needs_ssh
def test_signed_out_ssh_looks_for_a_host_of_that_name(
    endpoint: Endpoint, laptop: dict[str, str]
) -> None:
    """The gotcha: whoever is not signed in is told "could not resolve hostname"."""
    Path(laptop["AWS_CONFIG_FILE"]).write_text("", "utf-8")

    found = resolved("ssh_config", laptop)

    assert "proxycommand" not in found
    assert found["hostname"] == INSTANCE
    assert endpoint.asked == []


@pytest.mark.rule("EC2-8")
def test_ports_come_to_localhost(endpoint: Endpoint, laptop: dict[str, str]) -> None:
    subprocess.run(["bash", str(FOLDER / "tunnel.sh")], env=laptop, timeout=60, check=True)

    tool = f"awscli {importlib.metadata.version('awscli')}"
    prove(f"examples/{HERE}/tunnel.sh", Level.VALIDATED, tool)
    [(action, asked)] = endpoint.asked
    assert action == "StartSession"
    assert asked["DocumentName"] == "AWS-StartPortForwardingSessionToRemoteHost"
    assert asked["Parameters"] == {
        "host": ["YOUR-DATABASE"],
        "portNumber": ["5432"],
        "localPortNumber": ["5432"],
    }


def test_the_files_of_vs_code() -> None:
    schema = f"examples/{HERE}/vscode.schema.json"

    found: Any = validate_schema(f"examples/{HERE}/extensions.json", schema)
    settings: Any = validate_schema(f"examples/{HERE}/settings.json", schema)

    assert found["recommendations"][0] == "ms-vscode-remote.remote-ssh"
    assert set(settings["remote.SSH.defaultExtensions"]) <= set(found["recommendations"])
    host = next(iter(settings["remote.SSH.remotePlatform"]))
    assert f"Host {host}\n" in (FOLDER / "ssh_config").read_text("utf-8")


def test_the_morning(aws_engine: AwsEngine, tmp_path: Path) -> None:
    ec2 = boto3.client("ec2", region_name=REGION)
    tags: Any = [
        {
            "ResourceType": "instance",
            "Tags": [{"Key": "Name", "Value": "river-levels-box-sam"}],
        }
    ]
    # No such image: when the emulator refuses it, mend the page's gotcha.
    made = ec2.run_instances(
        ImageId="ami-00000000000000000", MinCount=1, MaxCount=1, TagSpecifications=tags
    )
    instance = made["Instances"][0]["InstanceId"]
    ec2.stop_instances(InstanceIds=[instance])
    env = {k: v for k, v in aws_engine.environment().items() if v is not None}

    done = run_shell(f"examples/{HERE}/day.sh", cwd=tmp_path, env=env)

    ec2.terminate_instances(InstanceIds=[instance])
    assert done.stdout.splitlines()[-1] == f"running: {instance}"


# --- EC2-7: a host that runs a pipeline -----------------------------------------------


@pytest.mark.rule("EC2-7")
def test_a_failure_is_one_and_the_switch_stays_silent(host: Host, switch: Switch) -> None:
    def tells_the_truth(script: str) -> None:
        switch.forget()
        failed = host.run(script, "sh", "-c", "echo half of it; exit 6")
        assert (failed, switch.calls) == (6, 0), f"exit {failed}, {switch.calls} call"
        assert host.run(script, "true") == 0
        assert switch.calls == 1
        assert host.run(script, "sleep", "30", LIMIT="0.2s") == 124
        assert host.run(script, "true", PING_URL="http://127.0.0.1:9/") == 0
        with host.going_on(script):
            assert host.run(script, "true") == 75
        assert switch.calls == 2
        host.proves(script)

    def noting(script: str) -> None:
        try:
            tells_the_truth(script)
        except AssertionError:
            host.trace.unlink()
            host.run(script, "true")
            host.proves(script)
            raise

    twins(noting, good="guarded.sh", bad="wrong/bare.sh", harm="exit 0, 1 call")
    log = (host.folder / "runs.log").read_text("utf-8")
    assert re.search(r"half of it\n\S+Z exit 6: sh -c", log)
    assert "the switch did not answer" in log
    assert "refused: the last run still goes on" in log


@pytest.mark.rule("EC2-7")
def test_two_runs_never_overlap(host: Host, switch: Switch) -> None:
    def refuses(script: str) -> None:
        with host.going_on(script):
            code = host.run(script, "touch", "second")
        did = (host.folder / "second").exists()
        (host.folder / "second").unlink(missing_ok=True)
        prove(f"examples/{HERE}/{script}", Level.EXECUTED, "bash")
        assert not did, "both run at once"
        assert code == 75

    twins(refuses, good="guarded.sh", bad="wrong/bare.sh", harm="both run at once")


def cron_runs(line: str) -> str:
    """Return what cron gives the shell: an unescaped % ends the command."""
    command = line.split(maxsplit=5)[5]
    return re.split(r"(?<!\\)%", command)[0].replace(r"\%", "%")


@pytest.mark.rule("EC2-7")
def test_the_line_gives_the_whole_window(tmp_path: Path) -> None:
    def gives_a_window(name: str) -> None:
        text = (FOLDER / name).read_text("utf-8")
        *_, line = text.splitlines()
        assert next(CronSim(" ".join(line.split()[:5]), datetime_utc(9))).minute == 7
        command = cron_runs(line).replace("/srv/river-levels/guarded.sh", "printf '%s\\n'")
        done = subprocess.run(
            ["sh", "-c", command], capture_output=True, text=True, check=False
        )
        prove(f"examples/{HERE}/{name}", Level.VALIDATED, "cronsim, sh")
        assert done.returncode == 0, f"the shell says: {done.stderr.strip()}"
        window = done.stdout.splitlines()[5::2]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:00Z", end) for end in window)
        assert len(window) == 2

    twins(
        gives_a_window,
        good="river-levels.cron",
        bad="wrong/percent.cron",
        harm="the shell says: .*(nterminated|unexpected)",
    )


def datetime_utc(hour: int) -> Any:
    """Return a moment of a day."""
    import datetime as dt

    return dt.datetime(2026, 3, 1, hour, tzinfo=dt.UTC)


def test_the_same_package_runs_under_the_wrapper(
    host: Host, switch: Switch, pipeline: "Pipeline", flood_api: Any
) -> None:
    window = ("--window-start", "2026-02-28T00:00Z", "--window-end", "2026-02-28T01:00Z")
    host.variables |= os.environ | {"PING_URL": switch.url}
    program = str(Path(sys.executable).with_name("river-levels"))

    code = host.run("guarded.sh", program, "extract", *window, LIMIT="60s")

    log = (host.folder / "runs.log").read_text("utf-8")
    assert (code, switch.calls) == (0, 1), log
    assert host.run("guarded.sh", program, "extract", "--window-start", "never") == 2
