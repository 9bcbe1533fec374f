"""Note which Terraform of the site was really planned, or tested.

``planned`` is claimed for a region only if each resource in it has an instance in the
plan. A resource that a variable switched off was read and checked, not planned: its
region is ``validated``.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from guidance.engines.terraform import Plan, Workspace
from guidance.evidence import regions
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import ROOT

_DECLARED = re.compile(
    r'^[ \t]*(?P<mode>resource|data) "(?P<type>\w+)" "(?P<name>\w+)"', re.MULTILINE
)


class NotPlanned(AssertionError):
    """A plan that proves nothing about the text of the site."""


def prove_plan(plan: Plan, source: str) -> None:
    """Note that the ``.tf`` files of a folder, and each region of them, were planned.

    So were those of the modules in the folder that it calls.

    Args:
        plan: made of a copy of the folder.
        source: the folder, as seen from the repository.

    Raises:
        NotPlanned: if the plan was made of other text, or of overridden resources.
    """
    if not plan.is_as_written:
        raise NotPlanned(f"{source}: resources were overridden: plan it as it is written")
    for folder, declared in {".": plan.declared, **plan.declared_in_modules}.items():
        for path in _same(plan.folder, source, f"{folder}/*.tf".removeprefix("./")):
            for ref in regions.refs_in(path):
                region = regions.find(ref)
                is_planned = _declared(region.text) <= declared
                level = Level.PLANNED if is_planned else Level.VALIDATED
                RECORDER.proof(Proof(ref, region.sha256, level, plan.tool))


def prove_tests(workspace: Workspace, source: str) -> None:
    """Note that the ``.tftest.hcl`` files of a folder ran, against a mock.

    Raises:
        NotPlanned: if those that ran have another text.
        TerraformError: if one fails.
    """
    workspace.test()
    tool = workspace.tool()
    for path in _same(workspace.folder, source, "tests/*.tftest.hcl"):
        for ref in regions.refs_in(path):
            RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.PLANNED, tool))


def _same(folder: Path, source: str, pattern: str) -> Iterator[Path]:
    for path in sorted((ROOT / source).glob(pattern)):
        copy = folder / path.relative_to(ROOT / source)
        if not copy.is_file() or copy.read_bytes() != path.read_bytes():
            raise NotPlanned(f"{source}/{path.name} is not what was planned: copy it anew")
        yield path


def _declared(text: str) -> set[tuple[str, str, str]]:
    modes = {"resource": "managed", "data": "data"}
    return {
        (modes[found["mode"]], found["type"], found["name"])
        for found in _DECLARED.finditer(text)
    }
