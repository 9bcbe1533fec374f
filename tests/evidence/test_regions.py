"""Regions: what a page shows, and what of it has to run."""

from pathlib import Path

import pytest

from guidance.evidence.regions import (
    PythonRegion,
    RegionError,
    digest,
    find,
    included_refs,
)

CODE = '''\
"""A module."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike


# --8<-- [start:outer]
def outer(number: int) -> int:
    """Say more."""
    # --8<-- [start:inner]
    if number > (
        1
    ):
        return number
    # --8<-- [end:inner]
    try:
        with open(__file__):
            return 0
    except OSError:
        ...
    finally:
        number += 1
    return 2
# --8<-- [end:outer]


# --8<-- [start:header]
class Thing:
    # --8<-- [end:header]
    size = 1
'''


def write(root: Path, text: str, name: str = "a.py") -> Path:
    """Write an example."""
    path = root / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_region_is_shown_without_markers_and_dedented(tmp_path: Path) -> None:
    write(tmp_path, CODE)

    outer = find("a.py:outer", tmp_path)
    inner = find("a.py:inner", tmp_path)

    assert "--8<--" not in outer.text
    assert outer.text.startswith("def outer(")
    assert inner.text.splitlines()[0] == "if number > ("
    assert find("a.py", tmp_path).text.startswith('"""A module."""')


def test_blank_ends_do_not_count() -> None:
    assert digest("\n\na\n") == digest("a")
    assert digest("a\nb") != digest("a b")


@pytest.mark.parametrize(
    ("ref", "text", "says"),
    [
        ("none.py", "", "there is no file none.py"),
        ("a.py:none", "x = 1\n", "mark the region once"),
        ("a.py:b", "# --8<-- [start:b]\n", "mark the region once"),
        ("a.py:b", "# --8<-- [end:b]\n# --8<-- [start:b]\n", "mark the region once"),
        (
            "a.py:b",
            "# --8<-- [start:b]\n# --8<-- [end:b]\n" * 2,
            "mark the region once",
        ),
    ],
)
def test_a_broken_region_is_refused(tmp_path: Path, ref: str, text: str, says: str) -> None:
    write(tmp_path, text)

    with pytest.raises(RegionError, match=says):
        find(ref, tmp_path)


def test_the_statements_that_must_run(tmp_path: Path) -> None:
    write(tmp_path, CODE)

    required = PythonRegion(find("a.py:outer", tmp_path)).required

    lines = CODE.splitlines()
    shown = [(lines[first - 1].strip(), in_call) for (first, _), in_call in required]
    assert shown == [
        ("def outer(number: int) -> int:", False),
        ("if number > (", True),
        ("return number", True),
        ("try:", True),
        ("with open(__file__):", True),
        ("return 0", True),
        ("number += 1", True),
        ("return 2", True),
    ]


def test_what_only_a_type_checker_reads_need_not_run(tmp_path: Path) -> None:
    write(tmp_path, CODE)

    required = PythonRegion(find("a.py", tmp_path)).required

    assert CODE.splitlines().index("    from os import PathLike") + 1 not in {
        first for (first, _), _ in required
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1  # noqa: E501\n", "holds `# noqa"),
        ("x = 1  # pragma: no cover\n", "holds `# pragma"),
        ("x = int()  # type: ignore[misc]\n", "holds `# type: ignore"),
        ("# only words\n", "holds no executable statement"),
        ('"""Only a docstring."""\n', "holds no executable statement"),
    ],
)
def test_a_region_that_proves_nothing_is_refused(tmp_path: Path, text: str, says: str) -> None:
    write(tmp_path, text)

    problem = PythonRegion(find("a.py", tmp_path)).problem()

    assert problem is not None
    assert says in problem


@pytest.mark.parametrize(
    "text",
    [
        "x = [\n# --8<-- [start:r]\n1,\n# --8<-- [end:r]\n]\n",
        "# --8<-- [start:r]\nif True:\n    x = 1\n# --8<-- [end:r]\nelse:\n    x = 2\n",
        "if True:\n    x = 1\n# --8<-- [start:r]\nelse:\n    x = 2\n# --8<-- [end:r]\n",
        "# --8<-- [start:r]\ndef f():\n    x = 1\n# --8<-- [end:r]\n    return x\n",
        "def f(\n# --8<-- [start:r]\na=1,\n# --8<-- [end:r]\n):\n    return a\n",
    ],
)
def test_a_region_that_cuts_a_statement_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)

    assert "cuts a statement" in str(PythonRegion(find("a.py:r", tmp_path)).problem())


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    # --8<-- [start:r]\n    return 1\n    # --8<-- [end:r]\n",
        "try:\n    # --8<-- [start:r]\n    x = 1\n    # --8<-- [end:r]\nfinally:\n    y = 1\n",
        "match 1:\n    case 1:\n        # --8<-- [start:r]\n        x = 1\n"
        "        # --8<-- [end:r]\n",
        "@print\n# --8<-- [start:q]\n# --8<-- [end:q]\ndef g():\n    # --8<-- [start:r]\n"
        "    return 1\n    # --8<-- [end:r]\n",
    ],
)
def test_the_inside_of_a_statement_may_be_shown(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)

    assert PythonRegion(find("a.py:r", tmp_path)).problem() is None


def test_a_page_includes_in_order() -> None:
    page = '```python\n--8<-- "a.py:b"\n```\n\n    --8<-- "c.sql"\n'

    assert included_refs(page) == ["a.py:b", "c.sql"]
    assert included_refs('Text --8<-- "a.py" in a line') == []
