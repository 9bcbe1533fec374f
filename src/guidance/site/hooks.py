"""MkDocs hooks: where our logic meets the build. Each is a line or two of glue."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

from guidance.evidence import regions
from guidance.evidence.store import (
    FULL,
    ONLY_FULL_RUN,
    Evidence,
    read,
    read_latest,
    read_passes,
)
from guidance.paths import ROOT
from guidance.site import (
    chrome,
    csp,
    freshness,
    frontmatter,
    notebooks,
    pages,
    rule_line,
    search,
)
from guidance.site.assistants import Assistants, linked
from guidance.site.blocks import BlockLabeller
from guidance.site.diagrams import Diagrams
from guidance.site.plain import Plain
from guidance.site.rules import Rule, RuleError, all_rules
from guidance.site.values import Slots, ValueMissing, read_facts, read_local_values
from guidance.site.waivers import read_waivers

SOURCE_FOLDER = "source/"


@dataclass
class Build:
    """What one build knows."""

    evidence: Evidence
    labeller: BlockLabeller
    slots: Slots
    rules: dict[str, Rule]
    shown: dict[str, list[str]]
    diagrams: Diagrams = field(default_factory=Diagrams)
    assistants: Assistants | None = None


_builds: list[Build] = []
"""The build that is going on; MkDocs gives its hooks no other place for it."""


_serving: list[bool] = []


def _build() -> Build:
    return _builds[-1]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Read the evidence, the rules and the values anew for each build."""
    published = config.extra.get(ONLY_FULL_RUN)
    evidence = (read(FULL) or Evidence()) if published else read_latest()
    try:
        rules = {rule.id: rule for rule in all_rules()}
        values, facts = read_local_values(), read_facts()
    except (RuleError, ValueMissing) as error:
        raise PluginError(str(error)) from error
    labeller = BlockLabeller(evidence, read_waivers())
    slots = Slots(values, facts, dt.datetime.now(dt.UTC).date())
    _builds[:] = [Build(evidence, labeller, slots, rules, regions.shown_refs())]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages, the notebooks and the sources of the blocks."""
    build = _build()
    rules = list(build.rules.values())
    generated: dict[str, str | bytes] = {
        "reference/verification.md": pages.verification(
            build.evidence, read_passes(build.evidence.run.get("commit")), build.shown, rules
        ),
        "reference/rules.md": pages.rules_index(
            build.evidence, rules, pages.titles(files, config.nav)
        ),
        "reference/local-values.md": pages.local_values(
            build.slots.local_values, build.slots.facts, build.slots.today
        ),
    }
    for path in notebooks.notebook_paths():
        notebook = notebooks.page_of(path, build.labeller)
        generated[f"notebooks/{notebook.name}.md"] = notebook.markdown
        for name, body in notebook.pictures.items():
            generated[f"notebooks/{name}"] = body
        generated[f"{SOURCE_FOLDER}notebooks/{path.name}"] = path.read_bytes()
    shown = {ref.partition(":")[0] for ref in build.shown}
    tests = {p.test.partition("::")[0] for ps in build.evidence.rules.values() for p in ps}
    for name in sorted(shown | tests):
        if (ROOT / name).is_file():
            generated[SOURCE_FOLDER + name] = (ROOT / name).read_bytes()
    name, script = search.worker(files.src_uris)
    generated[name] = script
    for name, content in generated.items():
        kind = Quoted if name.startswith(SOURCE_FOLDER) else File
        included = InclusionLevel.INCLUDED  # dotfiles too
        files.append(kind.generated(config, name, content=content, inclusion=included))
    return files


class Quoted(File):
    """A file that a page quotes: published as it is, even if it is Markdown."""

    def is_documentation_page(self) -> bool:
        """Say no: it has no front matter and no place in the navigation."""
        return False


def on_nav(nav: Navigation, files: Files, **_: Any) -> Navigation:
    """Note what assistants get to read."""
    build = _build()
    plain = Plain(build.labeller, build.diagrams, build.rules.values(), build.evidence)
    build.assistants = Assistants(nav, files, plain)
    return nav


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Check the front matter, fill the slots, give each block its title."""
    where = page.file.src_uri
    try:
        frontmatter.check(where, page.file.content_string)
        markdown = _build().slots.fill(where, markdown)
        markdown = _build().diagrams.markdown(where, markdown)
        return _build().labeller.markdown(where, markdown)
    except (frontmatter.FrontMatterError, ValueMissing, ValueError) as error:
        raise PluginError(str(error)) from error


def on_page_content(content: str, page: Page, **_: Any) -> str:
    """Show the evidence on blocks, rules and the whole page; mend tables."""
    build = _build()
    root = "../" * page.url.count("/")
    sources = root + SOURCE_FOLDER
    foot = _foot(content, page, root)
    content = build.diagrams.html(build.labeller.html(content, sources))
    for rule in build.rules.values():
        if rule.page == page.file.src_uri:
            content = rule_line.shown(content, rule, build.evidence, sources)
    return chrome.content(content) + foot


def _foot(content: str, page: Page, root: str) -> str:
    """Return what stands at the end of a page: on what it was verified, whose it is."""
    build, where = _build(), page.file.src_uri
    try:
        front = frontmatter.check(where, page.file.content_string)
        freshness.refuse_by_hand(where, content)
        owner = "" if front.template else build.slots.fill(where, f"[[{front.owner}]]")
    except (frontmatter.FrontMatterError, ValueMissing, ValueError) as error:
        raise PluginError(str(error)) from error
    shown = build.labeller.shown_in(content)
    return freshness.foot_html(shown, f"{root}reference/verification/", owner)


def on_page_context(context: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give the home page its figures."""
    build = _build()
    context["figures"] = pages.figures(build.evidence, list(build.rules.values()))
    return context


def on_startup(command: str, **_: Any) -> None:
    """Note whether this is `serve`, whose reload script no policy would allow."""
    _serving[:] = [command == "serve"]


def on_post_page(output: str, page: Page | None = None, **_: Any) -> str:
    """Mend what the theme writes around the text, and allow it nothing else."""
    output = search.connected(chrome.whole(output))
    output = linked(output) if page else output
    return output if any(_serving) else csp.with_policy(output)


def on_post_template(output_content: str, template_name: str, **_: Any) -> str:
    """The same for pages that are no pages, such as 404.html."""
    is_page = template_name.endswith(".html")
    return on_post_page(output_content) if is_page else output_content


def on_post_build(config: MkDocsConfig) -> None:
    """Write what assistants read, and let pages load without the words of all others."""
    search.set_aside(Path(config.site_dir))
    if assistants := _build().assistants:
        assistants.write(config)
