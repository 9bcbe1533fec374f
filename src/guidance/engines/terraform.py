"""Terraform on this machine: plan, test, and apply against an emulator.

Nothing of the user's own is read or written: each configuration is copied into a folder
of the caller's, with credentials that are none. The AWS provider comes from the first of

1. the CLI configuration in ``TF_CLI_CONFIG_FILE``, if that file exists;
2. the mirror in ``GUIDANCE_TERRAFORM_MIRROR``, or one that lies near the root of this
   machine (a folder ``registry.terraform.io``);
3. the public registry, through a cache in ``build/engines``.
"""

import functools
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from guidance.engines.aws import REGION
from guidance.engines.postgres import EngineError

MIRROR = "GUIDANCE_TERRAFORM_MIRROR"
NO_PROVIDER = ("query available provider packages", "install provider")
REGISTRY = "registry.terraform.io"
PROVIDER = "*/aws/*/*/terraform-provider-aws*"
TIMEOUT_S = 600
DEPTH = 3
VARIABLES = "guidance.auto.tfvars.json"
OVERRIDE = "guidance_override.tf.json"
# What Terraform would read by itself is the user's; envs/test.tfvars is the example's.
NOT_COPIED = shutil.ignore_patterns(
    ".terraform*", "*.tfstate*", "terraform.tfvars*", "*.auto.tfvars*"
)
BACKEND = re.compile(r'^\s*backend "', re.MULTILINE)
NO_ACCOUNT: Final = {
    "region": REGION,
    "access_key": "test",
    "secret_key": "test",
    "max_retries": 2,  # a call that an emulator lacks is otherwise repeated for minutes
    "s3_use_path_style": True,
    "skip_credentials_validation": True,
    "skip_metadata_api_check": True,
    "skip_requesting_account_id": True,
}
"""The provider without an account: plans need no call, and calls go to an emulator."""


class TerraformError(Exception):
    """Terraform refused; the message is its own, without colours and frames."""


@dataclass(frozen=True)
class Plan:
    """What Terraform would do, from ``terraform show -json``.

    Attributes:
        folder: the copy that was planned.
        document: the plan, as Terraform describes it.
        text: what it printed for people.
        is_as_written: whether nothing but the provider's settings was overridden.
        tool: which Terraform and which providers made it.
    """

    folder: Path
    document: dict[str, Any]
    text: str
    is_as_written: bool
    tool: str

    @property
    def changes(self) -> dict[str, list[str]]:
        """The actions by address, without those that do nothing."""
        return {
            change["address"]: change["change"]["actions"]
            for change in self.document.get("resource_changes", [])
            if change["change"]["actions"] not in (["no-op"], ["read"])
        }

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The planned values of each resource by address; what is unknown is left out."""
        root = self.document["planned_values"].get("root_module", {})
        return {found["address"]: found.get("values", {}) for found in _resources(root)}

    @property
    def declared(self) -> set[tuple[str, str, str]]:
        """Mode (``managed`` or ``data``), type and name of all that has an instance."""
        state = self.document.get("prior_state", {}).get("values", {})
        found = [
            *self.document.get("resource_changes", []),
            *_resources(state.get("root_module", {})),
        ]
        return {(one["mode"], one["type"], one["name"]) for one in found}

    @property
    def declared_in_modules(self) -> dict[str, set[tuple[str, str, str]]]:
        """What :attr:`declared` says, of each module that lies in the folder, by its path.

        A folder is a key even if a condition left it without an instance.
        """
        folder_of: dict[str, str] = {}
        root = self.document.get("configuration", {}).get("root_module", {})
        pending = [("", "", root)]
        while pending:
            name, folder, module = pending.pop()
            for called, call in module.get("module_calls", {}).items():
                if call["source"].startswith("."):
                    inner = f"{name}.{called}".lstrip(".")
                    place = posixpath.normpath(posixpath.join(folder, call["source"]))
                    folder_of[inner] = place
                    pending.append((inner, place, call.get("module", {})))
        state = self.document.get("prior_state", {}).get("values", {})
        everything = [
            *self.document.get("resource_changes", []),
            *_resources(state.get("root_module", {})),
        ]
        found: dict[str, set[tuple[str, str, str]]] = {p: set() for p in folder_of.values()}
        for one in everything:
            # module.zone["raw"].aws_s3_bucket.this → zone
            bare = re.sub(r"\[[^\]]*\]", "", one["address"])
            called = ".".join(re.findall(r"(?:^|\.)module\.([\w-]+)", bare))
            if called in folder_of:
                found[folder_of[called]].add((one["mode"], one["type"], one["name"]))
        return found


def _resources(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


class Workspace:
    """A copy of a configuration, in which Terraform runs.

    Args:
        source: the folder of the configuration; what it refers to lies in it.
        folder: where the copy goes; must not exist.
        override: resources to replace settings of, as Terraform's JSON form has them:
            ``{"aws_cloudfront_function": {"name": {"publish": False}}}``.

    Raises:
        EngineError: if there is no Terraform here.
    """

    def __init__(
        self, source: Path, folder: Path, override: Mapping[str, Any] | None = None
    ) -> None:
        self._program = program()
        self.folder = folder
        self._is_as_written = not override
        shutil.copytree(source, folder, ignore=NOT_COPIED)
        settings: dict[str, Any] = {"resource": override} if override else {}
        if any("hashicorp/aws" in path.read_text("utf-8") for path in folder.glob("*.tf")):
            settings["provider"] = {"aws": NO_ACCOUNT}
        if any(BACKEND.search(path.read_text("utf-8")) for path in folder.glob("*.tf")):
            settings["terraform"] = {"backend": {"local": {}}}
        (folder / OVERRIDE).write_text(json.dumps(settings), "utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """What a shell block needs that calls ``terraform`` in this folder."""
        return _environment(self.folder)

    def init(self) -> None:
        """Install the providers.

        Raises:
            EngineError: if they can be had neither from a mirror nor from the registry.
            TerraformError: if the configuration is faulty.
        """
        cache = _cache()
        cache.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(cache / "lock"):  # the cache bears one writer at a time
                self._run("init")  # a backend elsewhere was overridden
        except TerraformError as error:
            if not any(sign in str(error) for sign in NO_PROVIDER):
                raise
            raise EngineError(
                "Terraform cannot install its providers: connect to the registry, or name "
                f"a mirror in {MIRROR}: {str(error)[-400:]}"
            ) from error

    def validate(self) -> None:
        """Check the configuration.

        Raises:
            TerraformError: if it is faulty.
        """
        self._run("validate")

    def plan(self, variables: Mapping[str, Any], var_file: str = "") -> Plan:
        """Plan what would be done.

        Args:
            variables: their values. var_file: a file of the configuration with more of
                them, such as ``envs/test.tfvars``; ``variables`` win.

        Raises:
            TerraformError: if a value is refused, or nothing can be planned.
        """
        (self.folder / VARIABLES).write_text(json.dumps(dict(variables)), "utf-8")
        files = [f"-var-file={var_file}", f"-var-file={VARIABLES}"] if var_file else []
        text = self._run("plan", "-out=plan", *files)
        document = json.loads(self._run("show", "-json", "plan"))
        return Plan(self.folder, document, text, self._is_as_written, self.tool())

    def apply(self) -> None:
        """Do what the last plan says.

        Raises:
            TerraformError: if something of it fails; the rest is done.
        """
        self._run("apply", "plan")

    def destroy(self, var_file: str = "") -> None:
        """Remove everything that was applied.

        Args:
            var_file: the one that was planned with.

        Raises:
            TerraformError: if something cannot be removed.
        """
        files = [f"-var-file={var_file}", f"-var-file={VARIABLES}"] if var_file else []
        self._run("destroy", "-auto-approve", *files)

    def test(self) -> dict[str, str]:
        """Run the configuration's own tests, in ``tests/*.tftest.hcl``.

        Returns:
            The status by file and run, such as ``tests/a.tftest.hcl: name``.

        Raises:
            TerraformError: if one fails, or if there is none.
        """
        lines = [json.loads(line) for line in self._run("test", "-json").splitlines()]
        runs = [line["test_run"] for line in lines if line["type"] == "test_run"]
        found = {
            f"{run['path']}: {run['run']}": run["status"]
            for run in runs
            if run["progress"] == "complete"
        }
        if not found:
            raise TerraformError(f"no test in {self.folder.name}/tests: write one")
        return found

    def tool(self) -> str:
        """Return which Terraform and which providers run here."""
        versions = json.loads(self._run("version", "-json"))
        providers = versions.get("provider_selections", {}).items()
        names = [f"{name.rpartition('/')[2]} {version}" for name, version in providers]
        return ", ".join([f"Terraform {versions['terraform_version']}", *names])

    def _run(self, command: str, *arguments: str) -> str:
        plain = [] if "-json" in arguments or command == "version" else ["-no-color"]
        asking = ["-input=false"] if command in {"init", "plan", "apply", "destroy"} else []
        done = subprocess.run(
            [str(self._program), command, *plain, *asking, *arguments],
            cwd=self.folder,
            env=_environment(self.folder),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            said = _message(done.stderr) or _diagnostics(done.stdout)
            raise TerraformError(said or f"terraform {command} failed")
        return done.stdout


def program() -> Path:
    """Return Terraform's path.

    Raises:
        EngineError: if it is not on PATH.
    """
    found = shutil.which("terraform")
    if found is None:
        raise EngineError("terraform is not on PATH: install it, from 1.9 on")
    return Path(found)


def misformatted(folder: Path) -> list[str]:
    """Return the files below a folder that ``terraform fmt`` would change.

    Raises:
        EngineError: if there is no Terraform here.
        TerraformError: if a file cannot be read as Terraform.
    """
    done = subprocess.run(
        [str(program()), "fmt", "-check", "-recursive", "-no-color"],
        cwd=folder,
        env=_environment(None),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.stderr.strip():
        raise TerraformError(_message(done.stderr))
    return [Path(name).as_posix() for name in done.stdout.split()]


def _diagnostics(output: str) -> str:
    """Return the messages among the lines of JSON that ``terraform test`` prints."""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return "\n".join(
        f"{line['@testrun']}: {line['diagnostic']['detail'] or line['diagnostic']['summary']}"
        for line in lines
        if line["type"] == "diagnostic"
    )


def _message(output: str) -> str:
    """Strip the frames that Terraform draws around its messages."""
    lines = [line.strip("│╷╵ ") for line in output.splitlines()]
    return "\n".join(line for line in lines if line)


def _environment(folder: Path | None) -> dict[str, str]:
    """Return the variables of a Terraform that knows nothing of the user's."""
    hidden = ("TF_", "AWS_")
    kept = {"AWS_ENDPOINT_URL"}
    variables = {k: v for k, v in os.environ.items() if k in kept or not k.startswith(hidden)}
    variables |= {
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
    }
    if folder is not None:
        variables |= _provider_source(folder)
    return variables


def _provider_source(folder: Path) -> dict[str, str]:
    given = os.environ.get("TF_CLI_CONFIG_FILE")
    if given and Path(given).is_file():
        return {"TF_CLI_CONFIG_FILE": given}
    mirror = _mirror()
    if mirror is None:
        # Without a lock file Terraform trusts its cache only if told so.
        trusting = "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"
        return {"TF_PLUGIN_CACHE_DIR": str(_cache()), trusting: "1"}
    config = folder / ".terraformrc"
    path = json.dumps(mirror.as_posix())
    config.write_text(
        f"provider_installation {{\n  filesystem_mirror {{\n    path = {path}\n  }}\n}}\n",
        "utf-8",
    )
    return {"TF_CLI_CONFIG_FILE": str(config)}


@functools.cache
def _mirror() -> Path | None:
    """Return a folder that holds providers as the registry has them, if there is one."""
    if given := os.environ.get(MIRROR):
        return Path(given)
    if sys.platform == "win32":
        return None
    return next(_mirrors(Path("/"), DEPTH), None)


def _mirrors(folder: Path, depth: int) -> Iterator[Path]:
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir())
    except OSError:
        return
    if REGISTRY in names and any((folder / REGISTRY).glob(PROVIDER)):
        yield folder
    elif depth > 0:
        for name in names:
            if name not in {"proc", "sys", "dev", "tmp", "home"}:
                yield from _mirrors(folder / name, depth - 1)


def _cache() -> Path:
    return Path.cwd() / "build" / "engines" / "terraform"
