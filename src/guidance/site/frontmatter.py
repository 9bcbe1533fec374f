"""Front matter: what every page says of itself, checked before MkDocs reads it.

MkDocs passes over front matter that is broken YAML and prints it as text. Here it is an
error that names the page, the field and the remedy.
"""

import re
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

BOUNDS = re.compile(r"---[ \t]*\n(?P<yaml>.*?\n)?(?:---|\.\.\.)[ \t]*\n", re.DOTALL)
PAGE_OWNER = "local:page-owner"
REMEDIES = {
    "missing": "write it",
    "extra_forbidden": "it is not known: mend the spelling or drop it",
    "string_type": "write text, in quotes if YAML takes it for something else",
    "string_too_short": "write something",
    "string_too_long": "shorten it to 200 characters",
    "list_type": "write a list, such as [retry, 429]",
    "literal_error": "write core, service or sensitive",
    "string_pattern_mismatch": "write local: and a key of local-values.yml",
}


class FrontMatterError(Exception):
    """A page says of itself what it may not; names page, field and remedy."""


Line = Annotated[StrictStr, Field(min_length=1, max_length=200)]
Slot = Annotated[StrictStr, Field(pattern=r"^local:[a-z0-9-]+$")]


class FrontMatter(BaseModel):
    """What a page says of itself.

    Attributes:
        title: as navigation and search show it.
        description: a sentence for search results and language models.
        tier: for which pipelines it holds; needed unless the page has a template of
            its own, as the home page has.
        tags: words that people search by; numbers, such as 429, are welcome.
        owner: the local value that says who answers for the page.
        template, hide, search, hero: settings of the theme.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Line
    description: Line
    tier: Literal["core", "service", "sensitive"] | None = None
    tags: list[StrictStr | StrictInt]
    owner: Slot = PAGE_OWNER
    template: Line | None = None
    hide: list[StrictStr] = []
    search: dict[str, Any] = {}
    hero: dict[str, Any] = {}

    @model_validator(mode="after")
    def _has_tier(self) -> Self:
        if self.tier is None and self.template is None:
            raise ValueError("tier: write core, service or sensitive")
        return self

    @property
    def owner_key(self) -> str:
        """The key of the local value that names the owner."""
        return self.owner.partition(":")[2]


def check(page: str, source: str) -> FrontMatter:
    """Read the front matter of a page.

    Args:
        page: its name, for messages. source: its whole text.

    Raises:
        FrontMatterError: if there is none, if it is no YAML, or if a field is missing,
            unknown or of the wrong kind.
    """
    fields = _fields(page, source.replace("\r\n", "\n").removeprefix("\ufeff"))
    try:
        return FrontMatter.model_validate(fields)
    except ValidationError as error:
        raise FrontMatterError(f"{page}: {_first(error)}") from error


def _fields(page: str, source: str) -> dict[str, Any]:
    found = BOUNDS.match(source)
    if not found:
        raise FrontMatterError(
            f"{page}: has no front matter: begin with a line ---, then title, "
            "description, tier and tags, then a line ---"
        )
    try:
        fields = yaml.safe_load(found["yaml"] or "")
    except (yaml.YAMLError, ValueError) as error:  # ValueError: such as a 31 February
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 2}" if mark else ""
        what = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise FrontMatterError(
            f"{page}{line}: the front matter is no YAML ({what}): put a text that holds a "
            "colon or begins with a sign into quotes"
        ) from error
    if not isinstance(fields, dict):
        raise FrontMatterError(f"{page}: the front matter is no mapping: write `title: …`")
    return fields


def _first(error: ValidationError) -> str:
    """Say in one line what is wrong first."""
    fault = error.errors(include_url=False)[0]
    if not fault["loc"]:
        return fault["msg"].removeprefix("Value error, ")
    field = str(fault["loc"][0])
    if field == "tags" and len(fault["loc"]) > 1:
        return (
            f"tags: YAML reads entry {int(fault['loc'][1]) + 1} as {fault['input']!r}: put "
            "it into quotes"
        )
    return f"{field}: {REMEDIES.get(fault['type'], fault['msg'])}"
