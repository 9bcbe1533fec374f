"""Examples are typed as strictly as the tool that tests them."""

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path

import mypy.api
import pytest

from guidance.paths import EXAMPLES, ROOT

FOLDERS: dict[Path, list[Path]] = defaultdict(list)
for _path in sorted(EXAMPLES.rglob("*.py")):
    if "river-levels-etl" not in _path.parts:
        FOLDERS[_path.parent].append(_path)

OPTIONS = [
    "--no-error-summary",
    *("--config-file", str(ROOT / "pyproject.toml")),
    *("--cache-dir", str(ROOT / ".mypy_cache")),
]
TIMEOUT_S = 300

type Check = Callable[[Path, list[str]], tuple[str, int]]


@pytest.fixture(scope="module")
def check() -> Iterator[Check]:
    """One mypy, in a process of its own, for one folder after the other.

    To start it for each takes three times as long. The folders have names with hyphens:
    each is checked from inside.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as pool:

        def checked(folder: Path, names: list[str]) -> tuple[str, int]:
            pool.submit(os.chdir, folder).result(TIMEOUT_S)
            run = pool.submit(mypy.api.run, [*OPTIONS, *names]).result(TIMEOUT_S)
            return run[0] + run[1], run[2]

        yield checked
        with suppress(BrokenProcessPool):  # to give back its memory orderly takes seconds
            pool.submit(os._exit, 0).result(TIMEOUT_S)


@pytest.mark.parametrize(
    "folder", FOLDERS, ids=lambda path: path.relative_to(EXAMPLES).as_posix()
)
def test_the_examples_of_a_page_are_typed(folder: Path, check: Check) -> None:
    # Airflow lies in an environment of its own, so that mypy knows nothing of `@task`.
    options = ["--allow-untyped-decorators"] if "airflow" in folder.parts else []
    said, status = check(folder, [*options, *(path.name for path in FOLDERS[folder])])

    assert status == 0, said


def test_an_untyped_example_is_found_among_typed_ones(tmp_path: Path, check: Check) -> None:
    (tmp_path / "typed.py").write_text("def one() -> int:\n    return 1\n", "utf-8")
    (tmp_path / "untyped.py").write_text("def one():\n    return 1\n", "utf-8")
    (tmp_path / "wrong.py").write_text("from typed import one\nx: str = one()\n", "utf-8")

    assert check(tmp_path, ["typed.py"]) == ("", 0)
    said, status = check(tmp_path, ["typed.py", "untyped.py", "wrong.py"])

    assert status == 1
    assert "untyped.py:1: error: Function is missing a return type annotation" in said
    assert (
        'wrong.py:2: error: Incompatible types in assignment (expression has type "int"'
        in said
    )
    assert check(tmp_path, ["typed.py"]) == ("", 0)
