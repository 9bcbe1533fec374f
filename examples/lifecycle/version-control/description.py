"""Which questions the description of a pull request leaves open."""

import re

HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def answers(text: str) -> dict[str, str]:
    """Return what stands under each heading, without comments."""
    parts = HEADING.split(COMMENT.sub("", text))[1:]
    return {
        heading.strip(): body.strip()
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    }


def unanswered(template: str, description: str) -> list[str]:
    """Return the questions of the template that have no answer.

    A dash, "n/a" or a ticked box is no answer: write "none, because …".
    """
    given = answers(description)
    return [
        question
        for question in answers(template)
        if len(
            re.sub(r"(?i)\bn/?a\b|[\W_]|\bx\b", "", given.get(question, ""))
        )
        < len("none")
    ]
