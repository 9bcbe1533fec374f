"""Decision trees kept as data: check them, ask them, draw them."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Question:
    """What is asked, and where each answer leads."""

    ask: str
    answers: Mapping[str, str]


@dataclass(frozen=True)
class Leaf:
    """What to do, and why."""

    do: str
    because: str


@dataclass(frozen=True)
class Tree:
    """Questions and recommendations, by their names."""

    title: str
    first: str
    questions: Mapping[str, Question]
    leaves: Mapping[str, Leaf]


def read(path: Path) -> Tree:
    """Read a tree; what is wrong with its shape, :func:`faults` says."""
    told = yaml.safe_load(path.read_text("utf-8"))
    return Tree(
        told["title"],
        told["first"],
        {name: Question(**q) for name, q in told["questions"].items()},
        {name: Leaf(**leaf) for name, leaf in told["leaves"].items()},
    )


def ways(tree: Tree) -> Iterator[tuple[str, ...]]:
    """Yield each way from the first question to its end, as names.

    An end is a recommendation, a name that nobody defined, or a question
    that was asked before.
    """
    yield from _ways(tree, (tree.first,))


def _ways(tree: Tree, way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    here = way[-1]
    if here not in tree.questions or here in way[:-1]:
        yield way
        return
    for follows in tree.questions[here].answers.values():
        yield from _ways(tree, (*way, follows))


def faults(tree: Tree) -> list[str]:
    """Return what is wrong with a tree: a way must end in one advice."""
    every = list(ways(tree))
    seen = {name for way in every for name in way}
    found = [
        f"{' > '.join(way)}: ends in no recommendation"
        for way in every
        if way[-1] not in tree.leaves
    ]
    found += [
        f"{name}: is both a question and a recommendation"
        for name in sorted(tree.questions.keys() & tree.leaves.keys())
    ]
    found += [
        f"{name}: nothing leads to it"
        for name in sorted({*tree.questions, *tree.leaves} - seen)
    ]
    found += [
        f"{name}: has fewer than two answers"
        for name, question in tree.questions.items()
        if len(question.answers) <= 1
    ]
    return found


def decide(tree: Tree, answers: Mapping[str, str]) -> str:
    """Return the name of the recommendation for some answers.

    Raises:
        KeyError: if a question on the way has no answer, or an unknown one.
    """
    here = tree.first
    while here in tree.questions:
        here = tree.questions[here].answers[answers[here]]
    return here


def in_words(tree: Tree) -> str:
    """Return the tree as a nested list; what comes twice, once."""
    lines = [tree.questions[tree.first].ask, ""]
    lines += _told(tree, tree.first, set())
    return "\n".join(lines)


def _told(tree: Tree, name: str, before: set[str]) -> Iterator[str]:
    before.add(name)
    for answer, follows in tree.questions[name].answers.items():
        start = f"- {answer[0].upper()}{answer[1:]}:"
        if leaf := tree.leaves.get(follows):
            yield f"{start} **{leaf.do}.** {leaf.because}"
        elif follows in before:
            yield f"{start} {tree.questions[follows].ask} Go on as above."
        else:
            yield f"{start} {tree.questions[follows].ask}"
            below = _told(tree, follows, before)
            yield from (f"    {line}" for line in below)


def mermaid(tree: Tree) -> str:
    """Return the tree as the source of a Mermaid flowchart."""
    lines = [
        "flowchart TB",
        f"    accTitle: {tree.title}",
        "    accDescr: Questions that lead to one recommendation each.",
    ]
    lines += [
        f"    {name}{{{_broken(question.ask)}}}"
        for name, question in tree.questions.items()
    ]
    lines += [
        f"    {name}_({_broken(leaf.do)}):::good"
        for name, leaf in tree.leaves.items()
    ]
    for name, question in tree.questions.items():
        for answer, follows in question.answers.items():
            end = f"{follows}_" if follows in tree.leaves else follows
            lines.append(f"    {name} -->|{_broken(answer)}| {end}")
    return "\n".join(lines) + "\n"


def _broken(text: str) -> str:
    return "<br>".join(textwrap.wrap(text, 16))
