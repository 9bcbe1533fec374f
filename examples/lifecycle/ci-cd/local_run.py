"""Run a job of a GitHub workflow on this machine, step by step."""

# --8<-- [start:run]
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
STEP_TIMEOUT_S = 600

type StandIn = Callable[[Path, Mapping[str, str]], None]


@dataclass(frozen=True)
class Step:
    """What one step did; ``outcome`` in GitHub's words."""

    name: str
    outcome: str
    text: str
    seconds: float


class Job:
    """A job of a workflow, and the values of its expressions.

    Args:
        values: by expression, such as ``vars.FUNCTION``.
        actions: what to do instead of an action, by its name.
    """

    def __init__(
        self,
        workflow: Path,
        name: str,
        values: Mapping[str, str],
        actions: Mapping[str, StandIn] | None = None,
    ) -> None:
        jobs = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]
        self._job: dict[str, Any] = jobs[name]
        self._values = dict(values)
        self._actions = dict(actions or {})

    def run(self, folder: Path, **variables: str) -> list[Step]:
        """Run all steps in a folder, as far as they come.

        An expression in a script is pasted into it as text: so does GitHub.
        """
        done: list[Step] = []
        for step in self._job["steps"]:
            name = step.get("name") or step["uses"].partition("@")[0]
            began = time.monotonic()
            if self._is_due(step.get("if", "success()"), done):
                outcome, text = self._step(step, folder, variables)
            else:
                outcome, text = "skipped", ""
            self._values[f"steps.{step.get('id')}.outcome"] = outcome
            seconds = time.monotonic() - began
            done.append(Step(name, outcome, text, seconds))
        return done

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the job, as ``needs`` sees them."""
        found = self._job.get("outputs", {})
        return {name: self._rendered(text) for name, text in found.items()}

    def _is_due(self, condition: str, done: list[Step]) -> bool:
        has_failed = any(step.outcome == "failure" for step in done)
        parts = condition.split(" && ")
        if "failure()" not in parts:
            parts.append("success()")
        known = {"failure()": has_failed, "success()": not has_failed}
        return all(
            known[part] if part in known else self._equal(part)
            for part in parts
        )

    def _equal(self, part: str) -> bool:
        left, _, right = part.partition(" == ")
        return self._values[left] == right.strip("'")

    def _step(
        self, step: dict[str, Any], folder: Path, variables: Mapping[str, str]
    ) -> tuple[str, str]:
        if "uses" in step:
            action = self._actions.get(step["uses"].partition("@")[0])
            if action:
                given = step.get("with", {})
                action(folder, {k: self._rendered(given[k]) for k in given})
            return "success", ""
        written = {
            name: folder / f".{name.lower()}"
            for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        }
        written["GITHUB_OUTPUT"].write_text("", "utf-8")
        settings = {**self._job.get("env", {}), **step.get("env", {})}
        done = subprocess.run(
            [*BASH, self._rendered(step["run"])],
            cwd=folder / step.get("working-directory", "."),
            env={
                **os.environ,
                **{name: self._rendered(settings[name]) for name in settings},
                **{name: str(path) for name, path in written.items()},
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=STEP_TIMEOUT_S,
            check=False,
        )
        for line in written["GITHUB_OUTPUT"].read_text("utf-8").splitlines():
            name, _, value = line.partition("=")
            self._values[f"steps.{step['id']}.outputs.{name}"] = value
        outcome = "failure" if done.returncode else "success"
        return outcome, done.stdout + done.stderr

    def _rendered(self, text: object) -> str:
        return EXPRESSION.sub(lambda found: self._values[found[1]], str(text))


# --8<-- [end:run]
