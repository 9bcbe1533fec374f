"""Run the shell blocks of the site, and know which of their commands ran."""

import os
import re
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from guidance.evidence import regions
from guidance.evidence.recorder import RECORDER, Level, Proof

TIMEOUT_S = 300
_OF_A_CI = ("BUILD_NUMBER", "CI", "GITHUB_ACTIONS")
_TRACE = re.compile(r"^\++\t(?P<line>\d+)\t(?P<command>.*)$", re.MULTILINE)
_WRAPPER = r"""
exec 9>"$1"
BASH_XTRACEFD=9
PS4='+	$LINENO	'
set -o errexit -o pipefail -o xtrace
source "$2"
"""


class ShellError(AssertionError):
    """A block did not do what the page says."""


@dataclass(frozen=True)
class ShellResult:
    """What a block printed and how it ended."""

    stdout: str
    stderr: str
    exit_code: int


@dataclass(frozen=True)
class Command:
    """A command of a script: its name and the lines that it stands on."""

    name: str
    first: int
    last: int


def commands(script: str) -> list[Command]:
    """Return every simple command of a script, wherever it stands."""
    tree = Parser(Language(tree_sitter_bash.language())).parse(script.encode())
    if tree.root_node.has_error:
        raise ShellError(f"the shell block cannot be parsed: {script[:60]!r}")
    found: list[Command] = []
    _collect(tree.root_node, found)
    return found


def _collect(node: Node, found: list[Command]) -> None:
    names = {
        "command": lambda: _text(node.child_by_field_name("name")),
        "declaration_command": lambda: _text(node.children[0]),
        "unset_command": lambda: _text(node.children[0]),
        "test_command": lambda: _text(node.children[0]),
    }
    if node.type in names:
        first, last = node.start_point.row + 1, node.end_point.row + 1
        found.append(Command(names[node.type](), first, last))
    elif node.type == "variable_assignment" and node.parent is not None:
        if node.parent.type not in {"command", "declaration_command"}:
            name = _text(node.child_by_field_name("name")) + "="
            found.append(Command(name, node.start_point.row + 1, node.end_point.row + 1))
    for child in node.children:
        _collect(child, found)


def _text(node: Node | None) -> str:
    return (node.text or b"").decode() if node else ""


def never_ran(script: str, trace: str) -> list[Command]:
    """Return the commands of a script that a trace of its run does not show."""
    ran = Counter(
        (int(match["line"]), _first_word(match["command"])) for match in _TRACE.finditer(trace)
    )
    missing = []
    for command in commands(script):
        for line in range(command.first, command.last + 1):
            if ran[line, command.name] > 0:
                ran[line, command.name] -= 1
                break
        else:
            missing.append(command)
    return missing


def _as_a_reader() -> dict[str, str]:
    """Return this process's environment without what makes tools write for a CI log."""
    return {name: value for name, value in os.environ.items() if name not in _OF_A_CI}


def _first_word(traced: str) -> str:
    """Return the command of a traced line, or ``NAME=`` of an assignment."""
    word = traced.split(" ", 1)[0]
    assigned = re.match(r"[A-Za-z_]\w*\+?=", word)
    return assigned[0].replace("+=", "=") if assigned else word.strip("'")


def run_shell(
    ref: str,
    *,
    cwd: Path,
    env: dict[str, str] | None = None,
    exit_code: int = 0,
    timeout_s: float = TIMEOUT_S,
) -> ShellResult:
    """Run a shell block of the site and note that it ran, command by command.

    Args:
        ref: the block, as a page includes it.
        cwd: the folder to run it in.
        env: variables besides those of this process.
        exit_code: how it is expected to end; only its last command may fail.

    Raises:
        ShellError: if it ends otherwise, or leaves out a command.
    """
    region = regions.find(ref)
    with tempfile.TemporaryDirectory() as scratch:
        script, trace = Path(scratch, "block.sh"), Path(scratch, "trace")
        script.write_text(region.text + "\n", encoding="utf-8", newline="\n")
        done = subprocess.run(
            ["bash", "-c", _WRAPPER, "bash", trace.as_posix(), script.as_posix()],
            cwd=cwd,
            env=_as_a_reader() | (env or {}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
        )
        traced = trace.read_text("utf-8", errors="replace")
    if done.returncode != exit_code:
        raise ShellError(
            f"{ref} ended with {done.returncode}, not {exit_code}:\n"
            f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    if missing := never_ran(region.text, traced):
        names = ", ".join(f"{c.name} (line {c.first})" for c in missing)
        raise ShellError(f"{ref}: these commands never ran: {names}")
    RECORDER.proof(Proof(ref, region.sha256, Level.EXECUTED, "bash"))
    return ShellResult(done.stdout, done.stderr, done.returncode)
