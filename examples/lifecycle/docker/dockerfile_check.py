"""Whether a repository's image is built as every pipeline's is.

python dockerfile_check.py .

Reads Dockerfile, .dockerignore, compose.yaml and .python-version; needs PyYAML
and no Docker. Prints each fault with the id of its rule.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

SECRET = re.compile(
    r"(?i)(password|passwd|secret|token|api_?key|private_?key)"
)
FROZEN = ("--frozen", "--locked", "--require-hashes")
PINNED_TOOL = re.compile(r"pip install (--\S+ )*uv==[\d.]+$")
ENVIRONMENT = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "TZ")
NEVER_SENT = (
    ".env",
    ".git/config",
    "data/residents.csv",
    "infra/terraform.tfstate",
    "src/.env",
)
LAST_SYSTEM_UID = 999


@dataclass(frozen=True)
class Instruction:
    """One instruction, its lines joined.

    Attributes:
        stage: how many FROM there were before and with it.
    """

    line: int
    name: str
    text: str
    stage: int


def parse(dockerfile: str) -> list[Instruction]:
    """Return the instructions of a Dockerfile."""
    found: list[Instruction] = []
    joined, first, stage = "", 0, 0
    for number, raw in enumerate(dockerfile.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        first = first or number
        joined += line.removesuffix("\\")
        if line.endswith("\\"):
            continue
        name, _, text = joined.partition(" ")
        stage += name.upper() == "FROM"
        text = " ".join(text.split())
        found.append(Instruction(first, name.upper(), text, stage))
        joined, first = "", 0
    return found


def command(instruction: Instruction) -> list[str] | None:
    """Return the program and its arguments; None if a shell would start it."""
    try:
        words = json.loads(instruction.text)
    except ValueError:
        return None
    return words if isinstance(words, list) else None


def faults(root: Path) -> Iterator[str]:
    """Yield each fault of a repository: the rule, where, and what to do."""
    found = parse((root / "Dockerfile").read_text("utf-8"))
    python = (root / ".python-version").read_text("utf-8").strip()
    yield from _bases(found, python)
    yield from _user(found)
    yield from _layers(found)
    yield from _secrets(found)
    yield from _start(found)
    yield from _environment(found)
    yield from _context(root)
    yield from _compose(root)


def _bases(found: Sequence[Instruction], python: str) -> Iterator[str]:
    names = {name for i in found if (name := _stage_name(i))}
    defaults = {i.text for i in found if i.name == "ARG" and "=" in i.text}
    for one in found:
        image = next(
            (w for w in one.text.split() if not w.startswith("--")), ""
        )
        if one.name != "FROM" or image in names:
            continue
        place = f"DOC-1 line {one.line}:"
        pinned = re.search(r"@(sha256:[0-9a-f]{64}|\$\{?(\w+)\}?)$", image)
        if not pinned:
            yield f"{place} pin {image} by its digest"
        elif any(text.startswith(f"{pinned[2]}=") for text in defaults):
            yield f"{place} {pinned[2]} has a default: nobody decides it"
        minor = re.search(r"python:(3\.\d+)", image)
        if not minor or minor[1] != python:
            yield f"{place} take Python {python}, as .python-version says"
        elif "slim" not in image:
            yield f"{place} take the slim image: less to scan, less to patch"


def _stage_name(instruction: Instruction) -> str:
    match = re.search(r" AS (\S+)$", instruction.text, re.IGNORECASE)
    return match[1] if instruction.name == "FROM" and match else ""


def _user(found: Sequence[Instruction]) -> Iterator[str]:
    last = max((i.stage for i in found), default=0)
    if last == 1:
        yield "DOC-2 build in one stage, run in another"
    users = [i for i in found if i.name == "USER" and i.stage == last]
    if not users:
        yield "DOC-2 it runs as root: end with USER and a number"
    for one in users[-1:]:
        uid = one.text.partition(":")[0]
        if not uid.isdecimal() or int(uid) <= LAST_SYSTEM_UID:
            yield f"DOC-2 line {one.line}: USER is a number of 1000 or more"


def _layers(found: Sequence[Instruction]) -> Iterator[str]:
    copied: dict[int, int] = {}
    for one in found:
        if one.name in {"ADD", "COPY"} and "--from=" not in one.text:
            sources = one.text.split()[:-1]
            if any(PurePosixPath(s).name in {".", "src"} for s in sources):
                copied.setdefault(one.stage, one.line)
        run = re.sub(r"--mount=\S+ ", "", one.text)
        if one.name != "RUN" or not re.search(r"pip install|uv sync", run):
            continue
        if PINNED_TOOL.search(run):
            continue
        if not any(flag in run for flag in FROZEN):
            yield f"DOC-3 line {one.line}: install from the lock file"
        elif "--no-install-project" in run and one.stage in copied:
            yield (
                f"DOC-3 line {one.line}: copy the source after the "
                f"dependencies, not in line {copied[one.stage]}"
            )
    if not any("--no-install-project" in i.text for i in found):
        yield "DOC-3 give the dependencies a layer of their own"


def _secrets(found: Sequence[Instruction]) -> Iterator[str]:
    for one in found:
        if one.name in {"ARG", "ENV"}:
            names = re.findall(r"(?:^| )(\w+)=?", one.text)
            if any(SECRET.search(name) for name in names):
                yield (
                    f"DOC-5 line {one.line}: the image keeps it: use "
                    "RUN --mount=type=secret, or ask when it runs"
                )


def _start(found: Sequence[Instruction]) -> Iterator[str]:
    last = max((i.stage for i in found), default=0)
    starts = [
        i for i in found if i.name in {"ENTRYPOINT", "CMD"} and i.stage == last
    ]
    if not any(i.name == "ENTRYPOINT" for i in starts):
        yield "DOC-6 name the program: ENTRYPOINT"
    for one in starts:
        words = command(one)
        if words is None or words[:1] in (["sh"], ["bash"], ["/bin/sh"]):
            yield f'DOC-6 line {one.line}: write {one.name} ["program", "…"]'


def _environment(found: Sequence[Instruction]) -> Iterator[str]:
    last = max((i.stage for i in found), default=0)
    text = " ".join(
        i.text for i in found if i.name == "ENV" and i.stage == last
    )
    for name in ENVIRONMENT:
        if not re.search(rf"(?:^| ){name}=\S", text):
            yield f"DOC-9 set {name} in the last stage"
    if "TZ=" in text and "TZ=UTC" not in text:
        yield "DOC-9 let the image's clock be UTC"


def _context(root: Path) -> Iterator[str]:
    file = root / ".dockerignore"
    patterns = ignored(file.read_text("utf-8")) if file.exists() else []
    sent = [name for name in NEVER_SENT if is_sent(name, patterns)]
    if sent:
        yield f"DOC-4 .dockerignore lets {', '.join(sent)} into the image"
    for path in sorted(root.rglob("*.sh")):
        name = path.relative_to(root).as_posix()
        if is_sent(name, patterns) and b"\r" in path.read_bytes():
            yield f"DOC-11 {name} has CR LF: Linux finds no such program"


def ignored(text: str) -> list[str]:
    """Return the patterns of a .dockerignore, in order."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def is_sent(name: str, patterns: Sequence[str]) -> bool:
    """Whether a file goes to the builder: the last pattern that fits wins."""
    path = PurePosixPath(name)
    places = [path, *list(path.parents)[:-1]]
    sent = True
    for pattern in patterns:
        body = pattern.removeprefix("!").strip("/")
        if any(_fits(place, body) for place in places):
            sent = pattern.startswith("!")
    return sent


def _fits(path: PurePosixPath, pattern: str) -> bool:
    words = pattern.split("/")
    if words[0] == "**":
        return any(
            _fits(PurePosixPath(*path.parts[i:]), "/".join(words[1:]))
            for i in range(len(path.parts))
        )
    return len(words) == len(path.parts) and all(
        fnmatchcase(part, word)
        for part, word in zip(path.parts, words, strict=True)
    )


def _compose(root: Path) -> Iterator[str]:
    file = root / "compose.yaml"
    document: Any = yaml.safe_load(file.read_text("utf-8"))
    services: dict[str, Any] = document["services"]
    for name, service in services.items():
        if "build" in service and "platform" not in service:
            yield f"DOC-10 compose.yaml: say the platform of {name}"
    images = " ".join(str(s.get("image", "")) for s in services.values())
    if not re.search(r"postgres:.*(localstack|moto|minio)", images):
        yield "DOC-12 compose.yaml: PostgreSQL and an S3 emulator, for laptops"


def main(arguments: Sequence[str]) -> int:
    """Check a repository; print what was found and return the exit code."""
    found = sorted(faults(Path(*arguments)))
    print("\n".join(found) or "built as every pipeline's image is")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
