"""The runner of Terraform, on configurations that need no provider."""

import json
from pathlib import Path
from typing import Any

import pytest

from guidance.engines import EngineError, terraform
from guidance.engines.terraform import Plan, TerraformError, Workspace, misformatted

CONFIGURATION = """\
variable "networks" {
  type = list(string)

  validation {
    condition     = !contains(var.networks, "0.0.0.0/0")
    error_message = "networks: not everybody."
  }
}

resource "terraform_data" "site" {
  input = var.networks
}

output "networks" {
  value = var.networks
}
"""
TESTS = """\
run "everybody_is_refused" {
  command = plan

  variables {
    networks = ["0.0.0.0/0"]
  }

  expect_failures = [var.networks]
}
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A configuration with a test of its own, and traces of somebody's work on it."""
    folder = tmp_path / "source"
    (folder / "tests").mkdir(parents=True)
    (folder / "main.tf").write_text(CONFIGURATION, "utf-8")
    (folder / "tests" / "all.tftest.hcl").write_text(TESTS, "utf-8")
    (folder / "terraform.tfvars").write_text('networks = ["10.0.0.0/8"]', "utf-8")
    (folder / "terraform.tfstate").write_text("{}", "utf-8")
    return folder


@pytest.fixture
def workspace(source: Path, tmp_path: Path) -> Workspace:
    """A copy of the configuration, ready to plan."""
    try:
        found = Workspace(source, tmp_path / "copy")
    except EngineError as error:
        pytest.skip(str(error))
    found.init()
    return found


def test_a_plan_is_applied_and_destroyed(workspace: Workspace) -> None:
    workspace.validate()
    plan = workspace.plan({"networks": ["203.0.113.0/24"]})
    workspace.apply()
    second = workspace.plan({"networks": ["203.0.113.0/24"]})
    workspace.destroy()

    assert plan.changes == {"terraform_data.site": ["create"]}
    assert plan.resources["terraform_data.site"]["input"] == ["203.0.113.0/24"]
    assert plan.declared == {("managed", "terraform_data", "site")}
    assert plan.tool.startswith("Terraform 1.")
    assert second.changes == {}
    assert "No changes" in second.text


def test_nothing_of_the_user_is_copied_or_written(workspace: Workspace, source: Path) -> None:
    before = {path.name for path in source.iterdir()}
    workspace.plan({"networks": []})

    assert {path.name for path in source.iterdir()} == before
    copied = {path.name for path in workspace.folder.iterdir()}
    assert not copied & {"terraform.tfvars", "terraform.tfstate"}


def test_a_backend_elsewhere_is_replaced_by_one_here(source: Path, tmp_path: Path) -> None:
    (source / "versions.tf").write_text('terraform {\n  backend "s3" {}\n}\n', "utf-8")
    (source / "envs").mkdir()
    (source / "envs" / "test.tfvars").write_text('networks = ["10.0.0.0/8"]\n', "utf-8")
    try:
        workspace = Workspace(source, tmp_path / "copy")
    except EngineError as error:
        pytest.skip(str(error))
    workspace.init()

    plan = workspace.plan({}, "envs/test.tfvars")
    assert plan.resources["terraform_data.site"]["input"] == ["10.0.0.0/8"]
    plan = workspace.plan({"networks": []}, "envs/test.tfvars")
    assert plan.resources["terraform_data.site"]["input"] == []
    workspace.apply()
    workspace.destroy("envs/test.tfvars")
    assert plan.is_as_written
    assert workspace.environment["CHECKPOINT_DISABLE"] == "1"


def test_a_refused_value_says_what_the_configuration_says(workspace: Workspace) -> None:
    with pytest.raises(TerraformError, match=r"(?s)Invalid value.*networks: not everybody"):
        workspace.plan({"networks": ["0.0.0.0/0"]})


def test_the_configurations_own_tests_run(workspace: Workspace) -> None:
    assert workspace.test() == {"tests/all.tftest.hcl: everybody_is_refused": "pass"}


def test_a_test_that_fails_is_named(workspace: Workspace) -> None:
    main = workspace.folder / "main.tf"
    main.write_text(main.read_text("utf-8").replace("0.0.0.0/0", "::/0"), "utf-8")

    with pytest.raises(TerraformError, match="everybody_is_refused"):
        workspace.test()


def test_no_tests_are_no_success(workspace: Workspace) -> None:
    (workspace.folder / "tests" / "all.tftest.hcl").unlink()

    with pytest.raises(TerraformError, match="no test in copy/tests"):
        workspace.test()


def test_a_faulty_configuration_is_not_a_missing_provider(
    source: Path, tmp_path: Path
) -> None:
    (source / "main.tf").write_text("resource {", "utf-8")
    try:
        workspace = Workspace(source, tmp_path / "copy")
    except EngineError as error:
        pytest.skip(str(error))

    with pytest.raises(TerraformError, match=r"main\.tf"):
        workspace.init()


def test_a_missing_provider_names_the_remedy(source: Path, tmp_path: Path) -> None:
    (source / "main.tf").write_text(
        "terraform {\n  required_providers {\n"
        '    x = { source = "localhost/none/x" }\n  }\n}\n',
        "utf-8",
    )
    try:
        workspace = Workspace(source, tmp_path / "copy")
    except EngineError as error:
        pytest.skip(str(error))

    with pytest.raises(EngineError, match="GUIDANCE_TERRAFORM_MIRROR"):
        workspace.init()


def test_a_machine_without_terraform_says_so(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineError, match="terraform is not on PATH: install it"):
        Workspace(source, tmp_path / "copy")


def test_misformatted_files_are_named(source: Path) -> None:
    (source / "tests" / "crooked.tf").write_text('variable "a" {\n  type=string\n}\n', "utf-8")
    try:
        assert misformatted(source) == ["tests/crooked.tf"]
    except EngineError as error:
        pytest.skip(str(error))


# --- where providers come from --------------------------------------------------------


def environment(folder: Path) -> dict[str, str]:
    """Return what Terraform sees, with no mirror remembered."""
    terraform._mirror.cache_clear()
    try:
        return terraform._environment(folder)
    finally:
        terraform._mirror.cache_clear()


def test_terraform_sees_no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("TF_VAR_networks", "[]")
    monkeypatch.setenv(terraform.MIRROR, str(tmp_path))

    found = environment(tmp_path)

    assert not found.keys() & {"AWS_PROFILE", "TF_VAR_networks"}
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert found["CHECKPOINT_DISABLE"] == "1"


def test_a_configuration_of_the_command_line_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "given.rc"
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(given))
    monkeypatch.setenv(terraform.MIRROR, str(tmp_path / "mirror"))

    assert environment(tmp_path)["TF_CLI_CONFIG_FILE"] != str(given)  # there is no such file
    given.touch()

    assert environment(tmp_path)["TF_CLI_CONFIG_FILE"] == str(given)


def test_a_mirror_is_written_into_a_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    monkeypatch.setenv(terraform.MIRROR, str(tmp_path / "mirror"))

    config = Path(environment(tmp_path)["TF_CLI_CONFIG_FILE"]).read_text("utf-8")

    assert f'path = "{(tmp_path / "mirror").as_posix()}"' in config


def test_a_mirror_is_found_by_its_name(tmp_path: Path) -> None:
    provider = tmp_path / "a/b/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64"
    (tmp_path / "a/registry.terraform.io").mkdir(parents=True)
    provider.mkdir(parents=True)
    assert list(terraform._mirrors(tmp_path, 3)) == []
    (provider / "terraform-provider-aws_v5.100.0_x5").touch()

    assert list(terraform._mirrors(tmp_path, 3)) == [tmp_path / "a/b"]
    assert list(terraform._mirrors(tmp_path, 1)) == []


def test_without_a_mirror_the_registry_is_asked_through_a_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    monkeypatch.delenv(terraform.MIRROR, raising=False)
    monkeypatch.setattr(terraform, "_mirrors", lambda *_: iter(()))

    found = environment(tmp_path)

    assert "TF_CLI_CONFIG_FILE" not in found
    assert Path(found["TF_PLUGIN_CACHE_DIR"]).parts[-3:] == ("build", "engines", "terraform")


# --- what a plan says -----------------------------------------------------------------


def test_resources_of_modules_and_of_data_are_found(tmp_path: Path) -> None:
    bucket = {"address": "module.a.aws_s3_bucket.b", "values": {"bucket": "b"}}
    unknown = {"address": "aws_s3_bucket_policy.p"}
    caller = {"mode": "data", "type": "aws_caller_identity", "name": "me"}
    document: dict[str, Any] = {
        "planned_values": {
            "root_module": {"resources": [unknown], "child_modules": [{"resources": [bucket]}]}
        },
        "prior_state": {"values": {"root_module": {"resources": [caller]}}},
        "resource_changes": [
            {
                "address": "module.a.aws_s3_bucket.b",
                "mode": "managed",
                "type": "aws_s3_bucket",
                "name": "b",
                "change": {"actions": ["no-op"]},
            }
        ],
    }
    plan = Plan(tmp_path, json.loads(json.dumps(document)), "", True, "Terraform")

    assert plan.resources == {
        "module.a.aws_s3_bucket.b": {"bucket": "b"},
        "aws_s3_bucket_policy.p": {},
    }
    assert plan.declared == {
        ("managed", "aws_s3_bucket", "b"),
        ("data", "aws_caller_identity", "me"),
    }
    assert plan.changes == {}


def test_what_a_module_declares_is_told_apart_by_its_folder(tmp_path: Path) -> None:
    def one(address: str, name: str) -> dict[str, Any]:
        change = {"actions": ["create"]}
        kind = {"mode": "managed", "type": "aws_s3_bucket", "name": name}
        return {"address": address, "change": change, **kind}

    inner = {"module_calls": {"key": {"source": "../key", "module": {}}}}
    calls = {
        "zone": {"source": "./modules/zone", "module": inner},
        "off": {"source": "./modules/off", "module": {}},
        "bought": {"source": "terraform-aws-modules/s3/aws", "module": {}},
    }
    document: dict[str, Any] = {
        "planned_values": {},
        "configuration": {"root_module": {"module_calls": calls}},
        "resource_changes": [
            one("aws_s3_bucket.own", "own"),
            one('module.zone["a.b"].aws_s3_bucket.this', "this"),
            one('module.zone["a.b"].module.key[0].aws_s3_bucket.deep', "deep"),
            one("module.bought.aws_s3_bucket.other", "other"),
        ],
    }

    assert Plan(tmp_path, document, "", True, "Terraform").declared_in_modules == {
        "modules/zone": {("managed", "aws_s3_bucket", "this")},
        "modules/key": {("managed", "aws_s3_bucket", "deep")},
        "modules/off": set(),
    }
