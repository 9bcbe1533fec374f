"""Shell blocks: every command runs, or the block is not proved."""

from pathlib import Path

import pytest

from guidance.evidence import regions
from guidance.evidence.recorder import RECORDER
from guidance.evidence.shell import ShellError, commands, never_ran, run_shell


def trace(*lines: tuple[int, str]) -> str:
    """Write a trace as bash does."""
    return "".join(f"+\t{number}\t{command}\n" for number, command in lines)


def test_commands_are_found_wherever_they_stand() -> None:
    script = (
        'name="x"\n'
        "if test -f a; then\n  cat a | sort\nfi\n"
        "one && two || three\n"
        "export A=1\n"
        "for n in 1 2; do\n  echo $(date)\ndone\n"
        "[[ -n $name ]]\n"
    )

    found = [command.name for command in commands(script)]

    assert found == [
        *("name=", "test", "cat", "sort", "one", "two", "three"),
        *("export", "echo", "date", "[["),
    ]


@pytest.mark.parametrize(
    ("script", "ran", "missing"),
    [
        ("true\n", [(1, "true")], []),
        ("true\nfalse\n", [(1, "true")], ["false"]),
        ("a && b\n", [(1, "a")], ["b"]),
        ("a && a\n", [(1, "a 1")], ["a"]),
        ("a \\\n  --long\n", [(1, "a --long")], []),
        ("a=1 b c\n", [(1, "a=1"), (1, "b c")], []),
        ("a=1\n", [(1, "a=1")], []),
        ("a=1\n", [], ["a="]),
        ("# a comment\n", [], []),
        ("if a; then\n  b\nelse\n  c\nfi\n", [(1, "a"), (2, "b")], ["c"]),
    ],
)
def test_what_never_ran_is_named(
    script: str, ran: list[tuple[int, str]], missing: list[str]
) -> None:
    assert [c.name for c in never_ran(script, trace(*ran))] == missing


def test_what_cannot_be_parsed_is_refused() -> None:
    with pytest.raises(ShellError, match="cannot be parsed"):
        commands("if then fi (")


def test_a_block_runs_as_at_a_readers_desk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CI", "true")  # makes pytest, for one, write longer lines
    block = regions.Region("desk.sh", tmp_path / "desk.sh", (1, 1), 'echo "CI=${CI:-}"')
    monkeypatch.setattr(regions, "find", lambda _: block)
    monkeypatch.setattr(RECORDER, "proof", lambda _: None)

    assert run_shell("desk.sh", cwd=tmp_path).stdout == "CI=\n"
