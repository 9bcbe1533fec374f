"""Proofs of docs/lifecycle/terraform.md: the reference pipeline's infrastructure."""

import copy
import json
import os
import re
import runpy
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from guidance.engines import AwsEngine, EngineError, environment
from guidance.engines.aws import REGION, moto
from guidance.engines.scan import failed_checks
from guidance.engines.terraform import Plan, TerraformError, Workspace, misformatted
from guidance.evidence import (
    assert_output,
    load_example,
    prove_plan,
    prove_tests,
    regions,
    run_shell,
    twins,
)
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES

HERE = "lifecycle/terraform"
INFRA = "river-levels-etl/infra"
DEVELOPMENT = "envs/development.tfvars"
IN_TESTS = {"manifest": "tests/fixtures/manifest.yml", "package": "package.zip"}
BUCKET = "river-levels-data-{}-development-111122223333"

ANSI = re.compile(r"\x1b\[[0-9;]*m|[│╷╵]")

type Make = Callable[..., Workspace]


@pytest.fixture(scope="module")
def make(
    aws_engine: AwsEngine, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Workspace]:
    """Makes a copy of an example's configuration, its providers installed."""
    if aws_engine.name != "moto":
        pytest.skip(f"{aws_engine.name} lacks services of the plan: run it with moto")

    def copy(source: str, override: dict[str, Any] | None = None) -> Workspace:
        try:
            folder = tmp_path_factory.mktemp("terraform") / "infra"
            workspace = Workspace(EXAMPLES / source, folder, override)
            workspace.init()
        except EngineError as error:
            pytest.skip(str(error))
        return workspace

    return copy


@pytest.fixture(scope="module")
def scratch(make: Make) -> Workspace:
    """A folder whose provider is installed; `put` fills it."""
    return make(f"{HERE}/names")


def put(workspace: Workspace, source: str, *, keep_state: bool = False) -> str:
    """Put another configuration into a folder, and return where it comes from."""
    old = [*workspace.folder.glob("*.tf"), *workspace.folder.glob("*.auto.tfvars.json")]
    if not keep_state:
        old += workspace.folder.glob("*.tfstate*")
    for path in old:
        path.unlink()
    shutil.rmtree(workspace.folder / "tests", ignore_errors=True)
    shutil.copytree(EXAMPLES / source, workspace.folder, dirs_exist_ok=True)
    return f"examples/{source}"


def run_terraform(
    folder: Path, *arguments: str, env: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run Terraform in a folder, whatever comes out; without colours and frames."""
    done = subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    stderr = " ".join(ANSI.sub("", done.stderr).split())
    return subprocess.CompletedProcess(arguments, done.returncode, done.stdout, stderr)


def apply(workspace: Workspace, *values: str) -> subprocess.CompletedProcess[str]:
    """Plan and apply in one, with values such as ``name=x``."""
    arguments = [f"-var={value}" for value in values]
    command = ["apply", "-auto-approve", "-no-color", *arguments]
    return run_terraform(workspace.folder, *command, env=workspace.environment)


def noted_all(source: str, tool: str) -> None:
    """Note that Terraform applied every file of a folder to the emulator."""
    for path in sorted((EXAMPLES / source).glob("*.tf")):
        for ref in regions.refs_in(path):
            noted(ref, Level.PLANNED, tool)


def noted(ref: str, level: Level, tool: str) -> None:
    """Note that Terraform, or an emulator, took this text and did what it says."""
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, level, tool))


# --- the reference pipeline, planned ----------------------------------------------------


def with_package(workspace: Workspace) -> Workspace:
    """Put something to deploy beside a configuration: the same bytes each time."""
    with zipfile.ZipFile(workspace.folder / "package.zip", "w") as package:
        package.writestr(zipfile.ZipInfo("river_levels/handler.py"), "")
    return workspace


@pytest.fixture(scope="module")
def infra(make: Make) -> Workspace:
    """The reference pipeline's infrastructure, with a zip to deploy."""
    return with_package(make(INFRA))


@pytest.fixture(scope="module")
def planned(infra: Workspace) -> Plan:
    """What would be created in development."""
    return infra.plan(IN_TESTS, DEVELOPMENT)


@pytest.fixture(scope="module")
def wrong(scratch: Workspace) -> Plan:
    """What the policy refuses, planned: Terraform itself has nothing against it."""
    put(scratch, f"{HERE}/wrong/policy")
    empty = '{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x"}'
    (scratch.folder / "network.tfstate").write_text(empty, "utf-8")
    plan = scratch.plan({"database_password": "made up for a test"})
    kept = scratch.folder.with_name("planned")
    put(scratch, f"{HERE}/wrong/policy")
    shutil.copytree(EXAMPLES / HERE / "wrong/policy", kept)
    return replace(plan, folder=kept)


def check_policy(identifier: str) -> Callable[[Plan], None]:
    """Return a check that a plan has no fault of a kind."""

    def check(plan: Plan) -> None:
        found = list(load_example(f"{HERE}/policy.py").faults(plan.document))
        mine = [fault for fault in found if fault.split()[0] == identifier]
        assert mine == [], "; ".join(mine)

    return check


def test_the_whole_infrastructure_is_planned(planned: Plan) -> None:
    prove_plan(planned, f"examples/{INFRA}")

    kinds = {address.rpartition(".")[0].rpartition(".")[2] for address in planned.resources}
    assert set(map(tuple, planned.changes.values())) == {("create",)}
    assert len(planned.changes) > 80
    assert {"aws_db_instance", "aws_kms_key", "aws_lambda_function", "aws_instance"} <= kinds


@pytest.mark.audit
@pytest.mark.parametrize("name", ["test", "production"])
def test_the_other_environments_are_planned_too(infra: Workspace, name: str) -> None:
    plan = infra.plan(IN_TESTS, f"envs/{name}.tfvars")

    policy = load_example(f"{HERE}/policy.py")
    assert list(policy.faults(plan.document)) == []
    assert plan.resources["aws_db_instance.this"]["multi_az"] is (name == "production")
    assert not any("module.box" in address for address in plan.changes)
    raw = plan.resources['module.zone["raw"].aws_s3_bucket.this']["bucket"]
    assert raw == f"river-levels-data-raw-{name}-123456789012"


# --- the policy over plans --------------------------------------------------------------

POLICIES = [
    ("PUBLIC", r"aws_s3_bucket_public_access_block.exports: block_public_policy is off"),
    ("OPEN-PORT", r"ingress_rule.airflow: lets 0.0.0.0/0 in"),
    ("TRUST", r"aws_iam_role.deploy: the subject is not compared exactly"),
    ("TOO-LONG", r"aws_iam_policy.read: \d{4} of 6144"),
]


@pytest.mark.parametrize(("identifier", "harm"), POLICIES)
def test_the_policy_refuses(identifier: str, harm: str, planned: Plan, wrong: Plan) -> None:
    prove_plan(wrong, f"examples/{HERE}/wrong/policy")

    twins(check_policy(identifier), good=planned, bad=wrong, harm=harm)


def test_the_policy_sees_what_a_plan_would_destroy(planned: Plan) -> None:
    document = copy.deepcopy(planned.document)
    for one in document["resource_changes"]:
        if one["address"] in {"aws_db_instance.this", "aws_sns_topic.alarms"}:
            one["change"]["actions"] = ["delete", "create"]

    found = list(load_example(f"{HERE}/policy.py").faults(document))

    assert found == ["DATA-LOSS aws_db_instance.this: would be destroyed"]


@pytest.mark.rule("TF-5")
def test_every_resource_says_whose_it_is(planned: Plan, wrong: Plan) -> None:
    prove_plan(planned, f"examples/{INFRA}")
    prove_plan(wrong, f"examples/{HERE}/wrong/policy")

    twins(
        check_policy("UNTAGGED"),
        good=planned,
        bad=wrong,
        harm=r"UNTAGGED aws_sns_topic.alarms: Service, Environment, Owner",
    )
    tags = planned.resources["aws_kms_key.data"]["tags_all"]
    manifest = yaml.safe_load((EXAMPLES / INFRA / IN_TESTS["manifest"]).read_text("utf-8"))
    assert (tags["Owner"], tags["Service"]) == (manifest["owner"], manifest["name"])


@pytest.mark.rule("TF-4")
def test_a_password_in_a_variable_is_found(planned: Plan, wrong: Plan) -> None:
    prove_plan(planned, f"examples/{INFRA}")
    prove_plan(wrong, f"examples/{HERE}/wrong/policy")

    twins(
        check_policy("SECRET"),
        good=planned,
        bad=wrong,
        harm=r"password stands in plan and state; SECRET var.database_password",
    )
    assert "made up for a test" in json.dumps(wrong.document)


@pytest.mark.rule("TF-12")
def test_nothing_is_read_from_another_tools_state(planned: Plan, wrong: Plan) -> None:
    prove_plan(planned, f"examples/{INFRA}")
    prove_plan(wrong, f"examples/{HERE}/wrong/policy")

    harm = r"OTHER-TOOL data.terraform_remote_state.network"
    twins(check_policy("OTHER-TOOL"), good=planned, bad=wrong, harm=harm)


def test_the_policy_knows_the_other_forms() -> None:
    policy = load_example(f"{HERE}/policy.py")
    rule = {"cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": None}

    found = policy.inbound("aws_security_group", {"ingress": [rule], "egress": [rule]})
    assert list(found) == ["0.0.0.0/0"]
    found = policy.inbound("aws_security_group_rule", {"type": "ingress", **rule})
    assert list(found) == ["0.0.0.0/0"]
    found = policy.inbound("aws_security_group_rule", {"type": "egress", **rule})
    assert list(found) == []
    found = policy.inbound("aws_vpc_security_group_ingress_rule", {"cidr_ipv6": "::/0"})
    assert list(found) == ["::/0"]
    trust = {"Statement": [{"Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    assert list(policy.trust_faults(json.dumps(trust))) == ["everybody may take it"]
    assert list(policy.trust_faults(None)) == []


def test_a_bucket_without_a_block_and_a_role_full_of_policies() -> None:
    policy = load_example(f"{HERE}/policy.py")
    bucket = {"address": "aws_s3_bucket.b", "type": "aws_s3_bucket", "values": {}}
    long = {"policy": "x" * 6_000}
    kind = "aws_iam_role_policy"
    inline = [{"address": f"{kind}.{n}", "type": kind, "values": long} for n in "ab"]
    role = {"role": {"references": ["aws_iam_role.r.id", "aws_iam_role.r"]}}
    config = {one["address"]: {"expressions": role} for one in inline}

    found = list(policy.public_buckets([bucket], {}))
    assert found == ["PUBLIC aws_s3_bucket.b: has no public access block"]
    found = list(policy.long_policies(inline, config))
    assert found == ["TOO-LONG aws_iam_role.r: 12000 of 10240 inline"]
    assert list(policy.long_policies(inline[:1], config)) == []


def test_the_command_ends_with_1_if_there_is_a_fault(
    planned: Plan,
    wrong: Plan,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = load_example(f"{HERE}/policy.py")
    for plan, code in ((planned, 0), (wrong, 1)):
        (tmp_path / "plan.json").write_text(json.dumps(plan.document), "utf-8")
        assert policy.main([str(tmp_path / "plan.json")]) == code
    monkeypatch.setattr(sys, "argv", ["policy.py", str(tmp_path / "plan.json")])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(EXAMPLES / HERE / "policy.py"), run_name="__main__")
    assert ended.value.code == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "nothing that the policy forbids"
    assert {line.split()[0] for line in printed[1:]} == {
        "OPEN-PORT", "OTHER-TOOL", "PUBLIC", "SECRET", "TOO-LONG", "TRUST", "UNTAGGED",
    }  # fmt: skip


def trimmed(document: dict[str, Any]) -> dict[str, Any]:
    """The plan without what nobody reads: the notebook and the policy keep the rest."""

    def values(module: dict[str, Any]) -> dict[str, Any]:
        kept = ("address", "mode", "type", "name")
        return {
            "resources": [
                {key: one[key] for key in kept}
                | {
                    "values": {
                        name: value
                        for name, value in one.get("values", {}).items()
                        if value is not None and name not in {"user_data", "filename"}
                    }
                }
                for one in module.get("resources", [])
            ],
            "child_modules": [values(child) for child in module.get("child_modules", [])],
        }

    def references(module: dict[str, Any]) -> dict[str, Any]:
        return {
            "resources": [
                {key: one[key] for key in ("address", "mode", "type")}
                | {
                    "expressions": {
                        name: {"references": one["expressions"][name]["references"]}
                        for name in ("bucket", "role")
                        if "references" in one.get("expressions", {}).get(name, {})
                    }
                }
                for one in module.get("resources", [])
            ],
            "module_calls": {
                name: {"module": references(call["module"])}
                for name, call in module.get("module_calls", {}).items()
            },
        }

    return {
        "terraform_version": document["terraform_version"],
        "variables": document["variables"],
        "planned_values": {"root_module": values(document["planned_values"]["root_module"])},
        "resource_changes": [
            {key: one[key] for key in ("address", "mode", "type", "name")}
            | {"change": {"actions": one["change"]["actions"]}}
            for one in document["resource_changes"]
        ],
        "configuration": {"root_module": references(document["configuration"]["root_module"])},
    }


def test_the_plan_of_the_notebook_is_this_one(planned: Plan) -> None:
    document = trimmed(planned.document)
    assert_output(f"examples/{HERE}/plan.json", json.dumps(document, indent=1))

    policy = load_example(f"{HERE}/policy.py")
    assert list(policy.faults(document)) == []


# --- the roles of the plan --------------------------------------------------------------


def test_the_deploy_role_is_one_environments_and_touches_no_data(planned: Plan) -> None:
    prove_plan(planned, f"examples/{INFRA}")
    trust = json.loads(planned.resources["aws_iam_role.deploy"]["assume_role_policy"])
    subjects = trust["Statement"][0]["Condition"]["StringEquals"]

    issuer = "token.actions.githubusercontent.com"
    assert subjects[f"{issuer}:sub"] == [
        "repo:example-council@1001/river-levels-etl@2001:environment:development",
        "repo:example-council/river-levels-etl:environment:development",
    ]
    statements = [
        statement
        for name in ("state", "build", "guard")
        for statement in json.loads(planned.resources[f"aws_iam_policy.{name}"]["policy"])[
            "Statement"
        ]
    ]
    allowed = [one for one in statements if one["Effect"] == "Allow"]
    for one in allowed:
        actions = [one["Action"]] if isinstance(one["Action"], str) else one["Action"]
        assert not any("*" in action for action in actions)
        assert one["Resource"] != "*" or "Condition" in one
        if any(re.match(r"s3:\w*Object", action) for action in actions):
            assert "terraform" in json.dumps(one["Resource"])
    denied = [one["Action"] for one in statements if one["Effect"] == "Deny"]
    assert "rds:DeleteDBInstance" in denied[0]


# --- fmt, validate, test ----------------------------------------------------------------


@pytest.mark.rule("TF-7")
def test_what_ci_runs(infra: Workspace) -> None:
    """check.sh, on a copy; the provider's settings are those of a machine without account."""
    done = run_shell(
        f"examples/{HERE}/check.sh", cwd=infra.folder.parent, env=infra.environment
    )

    assert "The configuration is valid" in done.stdout
    printed = ANSI.sub("", done.stdout)
    assert re.search(r"Success! \d passed, 0 failed", printed)
    for ref in regions.refs_in(EXAMPLES / INFRA / "tests/pipeline.tftest.hcl"):
        noted(ref, Level.PLANNED, infra.tool())
    assert misformatted(EXAMPLES) == []


@pytest.mark.parametrize("name", ["budget", "parameters", "warehouse"])
def test_what_no_emulator_holds_is_tested_against_a_mock(
    name: str, scratch: Workspace
) -> None:
    source = f"{INFRA}/modules/{name}"
    put(scratch, source)

    prove_tests(scratch, f"examples/{source}")

    (tests,) = (EXAMPLES / source / "tests").glob("*.hcl")
    noted_all(source, scratch.tool())
    assert "assert {" in tests.read_text("utf-8")


# --- state, lock, versions --------------------------------------------------------------


def test_the_bucket_of_the_state_is_closed_and_remembers(
    aws_engine: AwsEngine, tmp_path: Path
) -> None:
    run_shell(f"examples/{HERE}/state_bucket.sh", cwd=tmp_path)

    s3 = boto3.client("s3", region_name=REGION)
    bucket = "platform-data-terraform-development-123456789012"
    block = s3.get_public_access_block(Bucket=bucket)
    assert set(block["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    rules = s3.get_bucket_encryption(Bucket=bucket)
    rule = rules["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_a_new_environment_begins_with_three_commands(
    s3: Any, infra: Workspace, tmp_path: Path
) -> None:
    """With the real manifest, once somebody named the owner, and state in S3."""
    s3.create_bucket(
        Bucket="platform-data-terraform-development-000000000000",
        CreateBucketConfiguration={"LocationConstraint": REGION},
    )
    shutil.copytree(infra.folder, tmp_path / "infra", symlinks=True)
    (tmp_path / "infra" / "guidance.auto.tfvars.json").unlink(missing_ok=True)
    override = tmp_path / "infra" / "guidance_override.tf.json"
    settings = json.loads(override.read_text("utf-8"))
    override.write_text(json.dumps({"provider": settings["provider"]}), "utf-8")
    shutil.rmtree(tmp_path / "infra" / ".terraform" / "modules")
    (tmp_path / "infra" / ".terraform" / "terraform.tfstate").unlink(missing_ok=True)
    manifest = (EXAMPLES / "river-levels-etl/pipeline.yml").read_text("utf-8")
    for name, value in {"owner": "Data team", "contact": "data@council.example"}.items():
        manifest = manifest.replace(f"{name}: null", f"{name}: {value}")
    (tmp_path / "pipeline.yml").write_text(manifest, "utf-8")
    (tmp_path / "build").mkdir()
    shutil.copyfile(infra.folder / "package.zip", tmp_path / "build/river-levels.zip")

    done = run_shell(f"examples/{HERE}/begin.sh", cwd=tmp_path, env=infra.environment)

    printed = ANSI.sub("", done.stdout)
    assert 'Successfully configured the backend "s3"' in printed
    assert "cron(7 * * * ? *)" in printed
    assert (tmp_path / "infra/development.plan").is_file()
    for name in ("development.s3.tfbackend", "production.tfvars"):
        noted(f"examples/{INFRA}/envs/{name}", Level.VALIDATED, infra.tool().split(",")[0])


def test_the_decision_for_two_tools_is_a_whole_one() -> None:
    ref = "examples/river-levels-etl/docs/adr/0002-terraform-beside-cdk.md"
    text = regions.find(ref).text

    faults = load_example("lifecycle/documentation/documents.py").decision_faults(text)
    unclear = load_example("lifecycle/documentation/plain_words.py").faults(text)

    assert [*faults, *unclear] == []
    noted(ref, Level.VALIDATED, "documents.py")


PAUSE = "touch started; while [ ! -e go ]; do sleep 0.1; done"


@pytest.mark.rule("TF-1")
def test_two_who_apply_at_once_do_not_lose_what_they_made(
    bucket: str, infra: Workspace, tmp_path: Path
) -> None:
    """Sam applies; while that runs, Kim does. What either was told is true afterwards."""
    tool = infra.tool()

    def begun(name: str, ref: str) -> Path:
        folder = tmp_path / ref.replace("/", "-") / name
        folder.mkdir(parents=True)
        backend = re.sub(r"required_providers \{.*?\n  \}", "", regions.find(ref).text,
                         flags=re.DOTALL)  # fmt: skip
        (folder / "backend.tf").write_text(backend, "utf-8")
        pause = f'provisioner "local-exec" {{\n command = "{PAUSE}"\n }}' * (name == "sam")
        (folder / "main.tf").write_text(f'resource "terraform_data" "{name}" {{\n{pause}\n}}')
        state = [f"-backend-config=bucket={bucket}"]
        state += [f"-backend-config=key={folder.parent.name}.tfstate"]
        done = run_terraform(folder, "init", *state, env=infra.environment)
        assert done.returncode == 0, done.stderr
        return folder

    def knows_what_it_made(ref: str) -> None:
        folders = {name: begun(name, ref) for name in ("sam", "kim")}
        command = ["terraform", "apply", "-auto-approve", "-no-color"]
        env = os.environ | infra.environment
        made = set()
        with subprocess.Popen(
            command, cwd=folders["sam"], env=env, stdout=subprocess.DEVNULL
        ) as sam:
            while not (folders["sam"] / "started").exists():
                assert sam.poll() is None, "the first apply ended before it began"
            kim = run_terraform(folders["kim"], *command[1:], env=infra.environment)
            (folders["sam"] / "go").touch()
        if sam.returncode == 0:
            made.add("sam")
        if kim.returncode == 0:
            made.add("kim")
        else:
            assert "Error acquiring the state lock" in kim.stderr
        pulled = run_terraform(folders["sam"], "state", "pull", env=infra.environment)
        known = {one["name"] for one in json.loads(pulled.stdout)["resources"]}
        noted(ref, Level.PLANNED, tool)
        assert known == made, f"made {sorted(made)}, and the state knows {sorted(known)}"

    twins(
        knows_what_it_made,
        good=f"examples/{INFRA}/versions.tf:versions",
        bad=f"examples/{HERE}/wrong/no_lock/main.tf:backend",
        harm=r"made \['kim', 'sam'\], and the state knows \['(kim|sam)'\]",
    )


@pytest.fixture
def mirror(tmp_path: Path) -> dict[str, str]:
    """A mirror with made-up providers: two versions, for Linux and for Windows."""
    place = tmp_path / "mirror"
    for version in ("5.100.0", "6.2.0"):
        for platform in ("linux_amd64", "windows_amd64"):
            aws = place / "registry.terraform.io/hashicorp/aws" / version / platform
            aws.mkdir(parents=True)
            program = aws / f"terraform-provider-aws_v{version}"
            program.write_text(f"#!/bin/sh\n# {version} for {platform}\nexit 1\n", "utf-8")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
    config = tmp_path / "mirror.rc"
    config.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{place}"\n  }}\n}}\n'
    )
    return {
        "TF_CLI_CONFIG_FILE": str(config),
        "TF_CLI_ARGS_providers_lock": f"-fs-mirror={place}",
    }


def versioned(ref: str, folder: Path) -> Path:
    """Make a folder that holds nothing but the versions that an example asks for."""
    folder.mkdir()
    text = re.sub(r'\n  # Bucket.*?backend "s3" \{.*?\n  \}\n', "", regions.find(ref).text,
                  flags=re.DOTALL)  # fmt: skip
    (folder / "versions.tf").write_text(text, "utf-8")
    return folder


@pytest.mark.rule("TF-2")
def test_a_new_major_version_does_not_come_by_itself(
    infra: Workspace, mirror: dict[str, str], tmp_path: Path
) -> None:
    def stays(ref: str) -> None:
        folder = versioned(ref, tmp_path / ("bad" if "wrong" in ref else "good"))
        done = run_terraform(folder, "init", "-backend=false", env=mirror)
        assert done.returncode == 0, done.stderr
        lock = (folder / ".terraform.lock.hcl").read_text("utf-8")
        if "wrong" in ref:
            noted(ref, Level.VALIDATED, infra.tool().split(",")[0])
        version = re.findall(r'version\s*= "([\d.]+)"', lock)
        assert version == ["5.100.0"], f"installed {version[0]}"

    twins(
        stays,
        good=f"examples/{INFRA}/versions.tf:versions",
        bad=f"examples/{HERE}/wrong/any_version/main.tf:versions",
        harm=r"installed 6\.2\.0",
    )


@pytest.mark.rule("TF-2")
def test_the_lock_fits_the_laptop_and_the_runner(
    infra: Workspace, mirror: dict[str, str], tmp_path: Path
) -> None:
    def fits_the_runner(script: str) -> None:
        ref = f"examples/{INFRA}/versions.tf:versions"
        folder = versioned(ref, tmp_path / Path(script).stem)
        subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
        run_shell(f"examples/{HERE}/{script}", cwd=folder, env=mirror)
        lock = (folder / ".terraform.lock.hcl").read_text("utf-8")
        done = run_terraform(folder, "init", "-lockfile=readonly", env=mirror)
        assert done.returncode == 0, done.stderr
        assert len(re.findall(r'"h1:', lock)) == 2

    twins(
        fits_the_runner,
        good="lock.sh",
        bad="wrong/lock_of_one_machine.sh",
        harm=r"doesn't match any of the checksums",
    )


# --- plan, read, apply ------------------------------------------------------------------

REVIEWED = 'resource "terraform_data" "raw" {}\nresource "terraform_data" "new" {}\n'
MERGED_SINCE = 'resource "terraform_data" "new" {}\n'


@pytest.mark.rule("TF-3")
def test_what_was_read_is_what_is_done(infra: Workspace, tmp_path: Path) -> None:
    """Between the review and the apply, somebody merges a change that removes `raw`."""

    def does_what_was_read(script: str) -> None:
        folder = tmp_path / Path(script).stem
        folder.mkdir()
        (folder / "main.tf").write_text('resource "terraform_data" "raw" {}\n')
        for command in (["init"], ["apply", "-auto-approve"]):
            done = run_terraform(folder, *command, env=infra.environment)
            assert done.returncode == 0, done.stderr
        (folder / "main.tf").write_text(REVIEWED)
        run_shell(f"examples/{HERE}/plan.sh", cwd=folder, env=infra.environment)
        assert "1 to add, 0 to change, 0 to destroy" in (folder / "plan.txt").read_text()
        (folder / "main.tf").write_text(MERGED_SINCE)

        done_by = run_shell(f"examples/{HERE}/{script}", cwd=folder, env=infra.environment)

        assert "0 destroyed" in done_by.stdout, f"nobody read this: {done_by.stdout[-90:]}"

    twins(
        does_what_was_read,
        good="apply.sh",
        bad="wrong/apply_anew.sh",
        harm=r"(?s)nobody read this.*1 added, 0 changed, 1 destroyed",
    )


@pytest.mark.rule("TF-3")
def test_a_plan_that_time_has_overtaken_is_refused(infra: Workspace, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(REVIEWED)
    assert run_terraform(tmp_path, "init", env=infra.environment).returncode == 0
    run_shell(f"examples/{HERE}/plan.sh", cwd=tmp_path, env=infra.environment)
    other = run_terraform(tmp_path, "apply", "-auto-approve", env=infra.environment)
    assert other.returncode == 0, other.stderr

    done = run_shell(
        f"examples/{HERE}/apply.sh", cwd=tmp_path, env=infra.environment, exit_code=1
    )

    assert "Saved plan is stale" in done.stderr


# --- what keeps its identity ------------------------------------------------------------


def deleted(workspace: Workspace, *values: str) -> list[str]:
    """What a plan would delete, to replace it or for good."""
    arguments = ["plan", "-no-color", "-refresh=false"]
    arguments += [f"-var={value}" for value in values]
    done = run_terraform(workspace.folder, *arguments, env=workspace.environment)
    assert done.returncode == 0, done.stderr
    return re.findall(r"# (\S+) (?:must be replaced|will be destroyed)", done.stdout)


def named(*names: str) -> str:
    """The variable ``zones``."""
    return f"zones={json.dumps(names)}"


@pytest.mark.rule("TF-10")
def test_one_zone_less_leaves_the_others_alone(scratch: Workspace) -> None:
    def touches_one(source: str) -> None:
        put(scratch, source)
        # Each twin has buckets of its own.
        mark = source.rpartition("/")[2]
        names = [f"{zone}-{mark}" for zone in ("landing", "raw", "refined")]
        done = apply(scratch, named(*names))
        assert done.returncode == 0, done.stderr
        noted_all(source, scratch.tool())
        gone = deleted(scratch, named(*names[1:]))
        assert len(gone) == 1, f"{len(gone)} of 3 buckets would be deleted: {gone}"

    twins(
        touches_one,
        good=f"{HERE}/names",
        bad=f"{HERE}/wrong/numbered",
        harm=r"3 of 3 buckets would be deleted: \['aws_s3_bucket.zone\[0\]'",
    )


@pytest.fixture(scope="module")
def zones(scratch: Workspace) -> Workspace:
    """Three buckets, made by name."""
    put(scratch, f"{HERE}/names")
    done = apply(scratch)
    assert done.returncode == 0, done.stderr
    return scratch


@pytest.mark.rule("TF-8")
def test_the_nightly_plan_notices_what_a_hand_changed(zones: Workspace) -> None:
    s3 = boto3.client("s3", region_name=REGION)
    tags = {"TagSet": [{"Key": "by", "Value": "hand"}]}
    s3.put_bucket_tagging(Bucket=BUCKET.format("raw"), Tagging=tags)

    def notices(script: str) -> None:
        ends = 0 if "wrong" in script else 2
        ref = f"examples/{HERE}/{script}"
        done = run_shell(ref, cwd=zones.folder, env=zones.environment, exit_code=ends)
        printed = ANSI.sub("", done.stdout)
        assert "0 to add, 1 to change, 0 to destroy" in printed
        assert done.exit_code == 2, f"one to change, and it ends with {done.exit_code}"

    try:
        twins(
            notices,
            good="drift.sh",
            bad="wrong/drift_is_no_failure.sh",
            harm="one to change, and it ends with 0",
        )
    finally:
        s3.delete_bucket_tagging(Bucket=BUCKET.format("raw"))


@pytest.mark.rule("TF-9")
def test_a_new_name_in_the_code_moves_nothing(zones: Workspace) -> None:
    def moves_nothing(source: str) -> None:
        put(zones, source, keep_state=True)
        gone = deleted(zones)
        noted_all(source, zones.tool())
        assert gone == [], f"{len(gone)} buckets would be destroyed"

    twins(
        moves_nothing,
        good=f"{HERE}/moved",
        bad=f"{HERE}/wrong/renamed",
        harm="3 buckets would be destroyed",
    )


@pytest.mark.rule("TF-9")
def test_what_was_made_by_hand_is_adopted_as_it_is(scratch: Workspace) -> None:
    boto3.client("s3", region_name=REGION).create_bucket(
        Bucket=BUCKET.format("exports"),
        CreateBucketConfiguration={"LocationConstraint": REGION},
    )
    source = put(scratch, f"{HERE}/adopted")
    plan = scratch.plan({})
    prove_plan(plan, source)

    (change,) = plan.document["resource_changes"]
    assert change["change"]["importing"] == {"id": BUCKET.format("exports")}
    assert "1 to import, 0 to add" in plan.text
    assert "0 to destroy" in plan.text


@pytest.mark.rule("TF-6")
def test_a_new_name_does_not_take_the_data_along(scratch: Workspace) -> None:
    s3 = boto3.client("s3", region_name=REGION)

    def keeps_the_data(source: str) -> None:
        service = source.rpartition("/")[2].replace("_", "-")
        bucket = f"{service}-data-raw-development-111122223333"
        put(scratch, source)
        done = apply(scratch, f"service={service}")
        assert done.returncode == 0, done.stderr
        noted_all(source, scratch.tool())
        s3.put_object(Bucket=bucket, Key="raw/1.json.gz", Body=b"x")
        done = apply(scratch, f"service={service}-2")
        assert done.returncode == 0 or "Instance cannot be destroyed" in done.stderr
        names = [found["Name"] for found in s3.list_buckets()["Buckets"]]
        kept = s3.list_objects_v2(Bucket=bucket)["KeyCount"] if bucket in names else 0
        assert kept == 1, f"{kept} of 1 objects left"

    twins(
        keeps_the_data,
        good=f"{HERE}/kept",
        bad=f"{HERE}/wrong/renamed_and_gone",
        harm="0 of 1 objects left",
    )


@pytest.mark.rule("TF-4")
def test_a_secret_passes_through_and_stays_nowhere(scratch: Workspace) -> None:
    secrets = boto3.client("secretsmanager", region_name=REGION)
    key = "made-up-" + os.urandom(8).hex()

    def leaves_no_trace(source: str) -> None:
        put(scratch, source)
        done = apply(scratch, f"supplier_key={key}")
        assert done.returncode == 0, done.stderr
        noted_all(source, scratch.tool())
        state = (scratch.folder / "terraform.tfstate").read_text("utf-8")
        stored = secrets.get_secret_value(SecretId="/river-levels/supplier/api-key")
        secrets.delete_secret(SecretId=stored["ARN"], ForceDeleteWithoutRecovery=True)
        assert stored["SecretString"] == key
        assert state.count(key) == 0, f"in the state {state.count(key)} times"

    twins(
        leaves_no_trace,
        good=f"{HERE}/secret",
        bad=f"{HERE}/wrong/secret_in_the_state",
        harm=r"in the state \d times",
    )


@pytest.mark.rule("TF-11")
def test_another_region_is_refused(infra: Workspace, tmp_path: Path) -> None:
    """What is asked is nothing but the variables: no provider has to start."""
    tool = infra.tool().split(",")[0]

    def stays_in_london(name: str) -> None:
        folder = tmp_path / ("bad" if "wrong" in name else "good")
        folder.mkdir()
        shutil.copyfile(EXAMPLES / name, folder / "main.tf")
        shutil.copyfile(EXAMPLES / INFRA / DEVELOPMENT, folder / "development.tfvars")
        given = ["-var-file=development.tfvars"] if name.startswith(INFRA) else []
        command = ["plan", "-no-color", "-var=region=us-east-1", *given]
        done = run_terraform(folder, *command, env=infra.environment)
        if "wrong" in name:
            noted(f"examples/{name}:region", Level.VALIDATED, tool)
        assert done.returncode == 1, "planned in us-east-1"
        assert "region: eu-west-2; council data stay in London" in done.stderr

    twins(
        stays_in_london,
        good=f"{INFRA}/variables.tf",
        bad=f"{HERE}/wrong/any_region/main.tf",
        harm="planned in us-east-1",
    )


# --- long proofs ------------------------------------------------------------------------


@pytest.fixture
def moto_with_policies(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsEngine]:
    """A new moto that knows the policies that AWS manages."""
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    with moto() as engine, environment(**engine.environment()):
        yield engine


KEPT = re.compile(r"\n  lifecycle \{\n    prevent_destroy = true[^\n]*\n  \}\n")


MOTO_FORGETS = {
    "aws_db_instance.this": ["engine_lifecycle_support"],
    "module.function.aws_lambda_function.this": ["logging_config"],
    "module.postgresql_parameters.aws_db_parameter_group.this": ["parameter"],
    **{
        f'module.zone["{zone}"].aws_s3_bucket_notification.this[0]': ["eventbridge"]
        for zone in ("landing", "raw", "refined", "trusted")
    },
}


def drift(plan: Plan) -> dict[str, list[str]]:
    """The attributes that a plan would change, by address."""
    found = {}
    for one in plan.document["resource_changes"]:
        before, after = one["change"]["before"] or {}, one["change"]["after"] or {}
        if one["address"] in plan.changes:
            differ = [key for key in before | after if before.get(key) != after.get(key)]
            found[one["address"]] = sorted(differ)
    return found


@pytest.mark.audit
def test_it_is_applied_does_not_drift_and_goes(
    moto_with_policies: AwsEngine, make: Make
) -> None:
    """All but the budget and the box, of which moto keeps too little.

    The second plan is empty but for what moto forgets. Once it learns, this fails: then
    take the line out, above and from the page.
    """
    workspace = with_package(make(INFRA))
    # With its own number, the provider knows its own groups again.
    settings = workspace.folder / "guidance_override.tf.json"
    document = json.loads(settings.read_text("utf-8"))
    document["provider"]["aws"]["skip_requesting_account_id"] = False
    settings.write_text(json.dumps(document), "utf-8")
    values = IN_TESTS | {"budget_usd": None, "boxes": []}
    first = workspace.plan(values, DEVELOPMENT)
    workspace.apply()
    second = workspace.plan(values, DEVELOPMENT)
    with pytest.raises(TerraformError, match="Instance cannot be destroyed"):
        workspace.destroy(DEVELOPMENT)
    for path in workspace.folder.glob("*.tf"):
        path.write_text(KEPT.sub("\n", path.read_text("utf-8")), "utf-8")
    rds = boto3.client("rds", region_name=REGION)
    (database,) = rds.describe_db_instances()["DBInstances"]
    rds.modify_db_instance(
        DBInstanceIdentifier=database["DBInstanceIdentifier"], DeletionProtection=False
    )
    workspace.destroy(DEVELOPMENT)

    assert len(first.changes) > 80
    assert drift(second) == MOTO_FORGETS
    assert database["StorageEncrypted"]
    assert rds.describe_db_instances()["DBInstances"] == []
    assert boto3.client("s3", region_name=REGION).list_buckets()["Buckets"] == []


@pytest.mark.audit
def test_checkov_finds_what_is_said_not_to_fit_and_nothing_else(tmp_path: Path) -> None:
    config = (EXAMPLES / INFRA / ".checkov.yaml").read_text("utf-8")
    skipped = yaml.safe_load(config)["skip-check"]
    shutil.copytree(EXAMPLES / INFRA, tmp_path / "bare")
    (tmp_path / "bare" / ".checkov.yaml").unlink()
    try:
        bare, kept = failed_checks(tmp_path / "bare"), failed_checks(EXAMPLES / INFRA)
    except EngineError as error:
        pytest.skip(str(error))

    assert {check for check, _ in bare} == set(skipped)
    assert kept == []
    assert len(re.findall(r"^  - CKV\w+ # \w.{5,}$", config, re.MULTILINE)) == len(skipped)
