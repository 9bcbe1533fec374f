"""What a plan proves, and what it does not."""

import shutil
from pathlib import Path

import pytest

from guidance.engines.terraform import Plan
from guidance.evidence import prove_plan
from guidance.evidence.recorder import RECORDER, Level
from guidance.evidence.terraform import NotPlanned
from guidance.paths import EXAMPLES

HERE = "lifecycle/ci-cd/static-site"
SOURCE = f"examples/{HERE}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(EXAMPLES / HERE, tmp_path / "copy"))


def plan(folder: Path, *declared: tuple[str, str], is_as_written: bool = True) -> Plan:
    """Return a plan that has an instance of each resource named."""
    changes = [
        {"mode": "managed", "type": kind, "name": name, "address": f"{kind}.{name}"}
        for kind, name in declared
    ]
    return Plan(folder, {"resource_changes": changes}, "", is_as_written, "Terraform 1.11.4")


def levels() -> dict[str, Level]:
    """Return what this test has proved until now."""
    assert RECORDER.current is not None
    return {proof.ref: proof.level for proof in RECORDER.current.proofs}


def test_a_region_is_planned_if_each_of_its_resources_was(folder: Path) -> None:
    prove_plan(plan(folder, ("aws_cloudfront_function", "viewer_request")), SOURCE)
    found = levels()
    assert RECORDER.current is not None
    RECORDER.current.proofs.clear()  # the plan was none: nothing may rest on it

    assert found[f"{SOURCE}/main.tf:viewer-access"] is Level.PLANNED
    assert found[f"{SOURCE}/main.tf:bucket"] is Level.VALIDATED
    assert found[f"{SOURCE}/main.tf"] is Level.VALIDATED
    assert found[f"{SOURCE}/variables.tf:allowed-networks"] is Level.PLANNED


def test_another_text_is_not_proved(folder: Path) -> None:
    (folder / "variables.tf").write_text("", "utf-8")

    with pytest.raises(NotPlanned, match=r"variables\.tf is not what was planned"):
        prove_plan(plan(folder), SOURCE)
    assert RECORDER.current is not None
    RECORDER.current.proofs.clear()


def test_overridden_resources_prove_nothing(folder: Path) -> None:
    with pytest.raises(NotPlanned, match="plan it as it is written"):
        prove_plan(plan(folder, is_as_written=False), SOURCE)
    assert levels() == {}


def test_a_module_is_planned_if_its_own_resources_were() -> None:
    source = "examples/river-levels-etl/infra"
    bucket = {"mode": "managed", "type": "aws_s3_bucket", "name": "this"}
    document = {
        "configuration": {
            "root_module": {
                "module_calls": {
                    "zone": {"source": "./modules/data_bucket", "module": {}},
                    "budget": {"source": "./modules/budget", "module": {}},
                }
            }
        },
        "resource_changes": [{"address": 'module.zone["raw"].aws_s3_bucket.this', **bucket}],
    }
    found = Plan(EXAMPLES / "river-levels-etl/infra", document, "", True, "Terraform 1.11.4")

    prove_plan(found, source)
    proved = levels()
    assert RECORDER.current is not None
    RECORDER.current.proofs.clear()  # the plan was none: nothing may rest on it

    assert proved[f"{source}/modules/budget/main.tf:budget"] is Level.VALIDATED
    assert proved[f"{source}/modules/data_bucket/main.tf:bucket"] is Level.VALIDATED
    assert proved[f"{source}/versions.tf:versions"] is Level.PLANNED
    assert f"{source}/modules/warehouse/main.tf" not in proved
