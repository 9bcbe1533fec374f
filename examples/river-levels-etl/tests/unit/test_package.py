"""The zip of the function: what is in it, and that its bytes are steady."""

import base64
import hashlib
import os
import runpy
import sys
import zipfile
from pathlib import Path

import pytest

from river_levels import package


def tree(root: Path, names: list[str], moment: float) -> Path:
    """Make files, in this order and with this time."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, "utf-8")
        os.utime(path, (moment, moment))
    return root


NAMES = ["a/__init__.py", "a/data.json", "b.py"]


def test_the_same_files_are_the_same_bytes(tmp_path: Path) -> None:
    monday = tree(tmp_path / "monday", NAMES, 1_000_000_000)
    friday = tree(tmp_path / "friday", NAMES[::-1], 1_700_000_000)
    (friday / "b.py").chmod(0o700)

    digests = {
        package.pack(source, tmp_path / f"{source.name}.zip")
        for source in (monday, friday)
    }

    packed = (tmp_path / "monday.zip").read_bytes()
    assert packed == (tmp_path / "friday.zip").read_bytes()
    digest = base64.b64encode(hashlib.sha256(packed).digest()).decode()
    assert digests == {digest}


def test_what_differs_between_machines_is_left_out(tmp_path: Path) -> None:
    names = ["a/__pycache__/a.pyc", "bin/alembic", "x.dist-info/RECORD"]
    tree(tmp_path / "source", [*NAMES, *names, ".lock"], 1_000_000_000)

    package.pack(tmp_path / "source", tmp_path / "out.zip")

    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == sorted(NAMES)
        assert archive.read("b.py") == b"b.py"


@pytest.mark.parametrize("size", [0, 100])
def test_nothing_and_too_much_are_refused(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "LAMBDA_LIMIT", 99)
    if size:
        (tmp_path / "big.bin").write_bytes(b"x" * size)

    with pytest.raises(ValueError, match=f"holds {size} bytes"):
        package.pack(tmp_path, tmp_path / "out" / "out.zip")

    assert not (tmp_path / "out").exists()


def test_the_command_prints_the_digest(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = tree(tmp_path / "source", NAMES, 1_000_000_000)
    target = str(tmp_path / "out.zip")
    monkeypatch.setattr(sys, "argv", ["package", target, str(source)])

    assert package.main() == 0
    assert capsys.readouterr().out.strip() == package.pack(
        source, tmp_path / "again.zip"
    )
    monkeypatch.setattr(sys, "argv", ["package", target])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(package.__file__, run_name="__main__")
    assert ended.value.code == 1
    assert "package: not enough values" in capsys.readouterr().err
