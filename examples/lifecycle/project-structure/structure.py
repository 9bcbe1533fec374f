"""Whether a repository is laid out as every pipeline's is.

python structure.py . "$(gh repo view --json description --jq .description)"

Needs git, PyYAML and jsonschema. Prints each fault with the id of its rule.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import jsonschema
import yaml

NEEDED = (
    ".gitattributes",
    ".github/CODEOWNERS",
    ".gitignore",
    ".python-version",
    "LICENSE",
    "README.md",
    "pipeline.schema.json",
    "pipeline.yml",
    "pyproject.toml",
    "uv.lock",
)
NEVER_STORED = (
    ".env",
    ".terraform/providers/x",
    ".venv/bin/python",
    "infra/terraform.tfstate",
    "infra/terraform.tfstate.backup",
    "target/manifest.json",
    "~$returns.xlsx",
)
DATA = {".csv", ".db", ".duckdb", ".gz", ".parquet", ".xls", ".xlsx", ".zip"}
DATA_FOLDERS = ("tests/fixtures/", "dbt/seeds/")
MOST_BYTES = 200_000
MOST_CHARACTERS = 150  # Windows counts 260 with the folder of the clone
NAMES_OF_OTHERS = re.compile(
    r"(README|CHANGELOG|CONTRIBUTING)\.md|LICENSE|CODEOWNERS|ISSUE_TEMPLATE"
    r"|Dockerfile"
)
NOT_ON_WINDOWS = re.compile(
    r'(?i)(aux|con|nul|prn|com\d|lpt\d)(\..*)?|.*[<>:"|?*\\].*|.*[. ]'
)
PYTHONS = {
    "pyproject.toml": r'requires-python = ">=(3\.\d+)',
    "Dockerfile": r"python:?(3\.\d+)",
    "*.tf": r"python(3\.\d+)",
    ".github/workflows/*.yml": r"""python-version: ["']?(3\.\d+)""",
}


def git(root: Path, *arguments: str) -> list[str]:
    """Run git in a repository and return the lines that it prints.

    Raises:
        RuntimeError: if git fails, for instance outside a repository.
    """
    done = subprocess.run(
        ["git", "-c", "core.quotePath=false", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    if done.returncode > 1:  # 1 is the "no" of check-ignore
        raise RuntimeError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.splitlines()


def faults(root: Path, description: str | None = None) -> Iterator[str]:
    """Yield each fault: the rule, then what to do.

    Args:
        root: of the repository. description: of it on GitHub, if known.
    """
    files = [f for f in git(root, "ls-files") if (root / f).is_file()]
    missing = [name for name in NEEDED if name not in files]
    yield from (f"STR-3 add {name}" for name in missing)
    if sum(PurePosixPath(name).name == "pipeline.yml" for name in files) > 1:
        yield "STR-1 give each pipeline a repository of its own"
    yield from path_faults(files)
    yield from storage_faults(root, files)
    if not any(re.fullmatch(r"src/\w+/__init__\.py", f) for f in files):
        yield "STR-5 put the package under src/"
    if missing:
        return  # what follows reads them
    if git(root, "check-attr", "eol", "--", "a.sh") != ["a.sh: eol: lf"]:
        yield "STR-3 write `* text=auto eol=lf` in .gitattributes"
    yield from python_faults(root, files)
    yield from manifest_faults(root, files, description)


def path_faults(files: Sequence[str]) -> Iterator[str]:
    """Yield the paths that a laptop with Windows cannot hold."""
    for path in files:
        for part in path.split("/"):
            if part != part.lower() and not NAMES_OF_OTHERS.fullmatch(part):
                yield f"STR-8 write it in lower case: {path}"
            if " " in part or NOT_ON_WINDOWS.fullmatch(part):
                yield f"STR-8 Windows or a shell trips over it: {path}"
        if len(path) >= MOST_CHARACTERS:
            yield f"STR-8 shorten it, {len(path)} characters: {path}"


def storage_faults(root: Path, files: Sequence[str]) -> Iterator[str]:
    """Yield what is stored and should not be, and what could be."""
    for path in git(root, "ls-files", "--cached", "-i", "--exclude-standard"):
        yield f"STR-4 take it out of git, its secrets are known now: {path}"
    for path in NEVER_STORED:
        if not git(root, "check-ignore", "--no-index", path):
            yield f"STR-4 .gitignore lets it in: {path}"
    for path in files:
        is_fixture = path.startswith(DATA_FOLDERS)
        if PurePosixPath(path).suffix in DATA and not is_fixture:
            yield f"STR-4 data belongs in S3: {path}"
        file = root / path
        is_large = file.stat().st_size >= MOST_BYTES and file.name != "uv.lock"
        if is_large:
            yield f"STR-4 trim it below 200 kB: {path}"
        if path.endswith(".ipynb") and has_outputs(root, path):
            yield f"STR-4 clear the outputs: {path}"


def has_outputs(root: Path, path: str) -> bool:
    """Whether a notebook is stored with results; on disk it may have some."""
    cells = json.loads("\n".join(git(root, "show", f":{path}")))["cells"]
    return any(cell.get("outputs") for cell in cells)


def python_faults(root: Path, files: Sequence[str]) -> Iterator[str]:
    """Yield the files that name another Python than .python-version."""
    wanted = (root / ".python-version").read_text("utf-8").strip()
    for path in files:
        for pattern, regex in PYTHONS.items():
            if PurePosixPath(path).match(pattern):
                text = (root / path).read_text("utf-8")
                for named in set(re.findall(regex, text)) - {wanted}:
                    yield f"STR-6 {path} names Python {named}, not {wanted}"


def manifest_faults(
    root: Path, files: Sequence[str], description: str | None
) -> Iterator[str]:
    """Yield what is wrong with pipeline.yml, and what repeats it."""
    manifest = yaml.safe_load((root / "pipeline.yml").read_text("utf-8"))
    schema = json.loads((root / "pipeline.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for error in validator.iter_errors(manifest):
        yield f"STR-7 pipeline.yml: {error.message}"
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    if project["project"]["name"] != manifest.get("name"):
        yield "STR-7 pyproject.toml and pipeline.yml differ in the name"
    cron = manifest.get("schedule", {}).get("cron", "")
    for path in files:
        # GitHub reads a schedule nowhere but in a workflow.
        if path == "pipeline.yml" or path.startswith(".github/workflows/"):
            continue
        if cron and cron.encode() in (root / path).read_bytes():
            yield f"STR-7 read the schedule from pipeline.yml: {path}"
    wanted = f"LGSL:{manifest.get('lgsl_id')}"
    if description is not None and wanted not in description.split():
        yield f"STR-2 write {wanted} into the description on GitHub"


def main(arguments: Sequence[str]) -> int:
    """Print the faults of a repository; return 1 if there are any."""
    root, *description = arguments
    found = list(faults(Path(root), *description))
    print("\n".join(found) or "laid out as every pipeline is")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
