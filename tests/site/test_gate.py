"""The gate turns red for every way of publishing what nobody ran.

One small repository is planted with every fault, tested, built and judged by the real
plugin, hooks and gate; each test then looks for its own fault in the verdict.
"""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from guidance.evidence.plugin import own_coverage
from guidance.evidence.store import Evidence, read
from guidance.paths import ROOT
from guidance.site.blocks import BlockLabeller

GOOD = '''"""Adds."""

# --8<-- [start:add]
def add(one: int, two: int) -> int:
    """Add two numbers."""
    return one + two
# --8<-- [end:add]


# --8<-- [start:sign]
def sign(number: int) -> str:
    """Say whether a number is negative."""
    if number < 0:
        return "negative"
    return "not negative"
# --8<-- [end:sign]


# --8<-- [start:comment]
# Nothing but words.
# --8<-- [end:comment]


# --8<-- [start:hidden]
def hidden() -> int:  # pragma: no cover
    return 1
# --8<-- [end:hidden]


# --8<-- [start:failed]
def failed() -> int:
    return 2
# --8<-- [end:failed]


# --8<-- [start:skipped]
def skipped() -> int:
    return 3
# --8<-- [end:skipped]


# --8<-- [start:unasserted]
def unasserted() -> int:
    return 4
# --8<-- [end:unasserted]


# --8<-- [start:constant]
def constant() -> int:
    return 5
# --8<-- [end:constant]


# --8<-- [start:stale]
def stale() -> int:
    return 6
# --8<-- [end:stale]


# --8<-- [start:half]
def half(number: int) -> int:
    doubled = number * 2
# --8<-- [end:half]
    return doubled


# --8<-- [start:expected]
def expected() -> int:
    return 7
# --8<-- [end:expected]


# --8<-- [start:setup_only]
def setup_only() -> int:
    return 8
# --8<-- [end:setup_only]
'''

WRONG = '''"""Adds wrongly."""


def add(one: int, two: int) -> int:
    """Subtract."""
    return one - two
'''

TESTS = """
import subprocess
import sys
from pathlib import Path

import pytest

from guidance.evidence import load_example, run_shell, twins
from guidance.evidence.shell import ShellError

HERE = Path(__file__).parents[1]


@pytest.fixture
def prepared():
    return load_example("a/adding.py").setup_only()


def test_setup_only(prepared):
    assert prepared == 8


@pytest.mark.rule("GOOD-1")
def test_add():
    adding = load_example("a/adding.py")
    def adds(module):
        assert module.add(1, 2) == 3
    twins(adds, good=adding, bad=load_example("a/wrong/minus.py"), harm="-1 == 3")


@pytest.mark.rule("AWAY-1")
@pytest.mark.rule("GHOST-1")
def test_elsewhere():
    assert load_example("a/adding.py").sign(-1) == "negative"


@pytest.mark.rule("LONE-1")
def test_without_twin():
    assert load_example("a/wrong/lonely.py").add(1, 1) == 0


def test_failed():
    assert load_example("a/adding.py").failed() == 99


def test_skipped():
    load_example("a/adding.py").skipped()
    pytest.skip("not today")


@pytest.mark.xfail
def test_expected():
    assert load_example("a/adding.py").expected() == 99


def test_unasserted():
    load_example("a/adding.py").unasserted()


def test_constant():
    load_example("a/adding.py").constant()
    assert True


def test_stale():
    assert load_example("a/adding.py").stale() == 6


def test_hidden_and_half():
    adding = load_example("a/adding.py")
    assert adding.hidden() + adding.half(1) == 3


def test_shell():
    assert run_shell("examples/a/good.sh", cwd=HERE).stdout == "hello\\n"


def test_lazy_shell():
    with pytest.raises(ShellError, match="never ran: echo"):
        run_shell("examples/a/lazy.sh", cwd=HERE)
    assert HERE


def test_child():
    done = subprocess.run(
        [sys.executable, str(HERE / "examples/a/child.py")], capture_output=True
    )
    assert done.stdout.strip() == b"42"
"""

PAGES = {
    "good": """
```python
--8<-- "examples/a/adding.py:add"
```

~~~python
--8<-- "examples/a/child.py"
~~~

=== "In a tab"

    ```bash
    --8<-- "examples/a/good.sh"
    ```

1.  In a list:

    ```python
    --8<-- "examples/a/adding.py:add"
    ```

### GOOD-1 Add { #good-1 .must .core }

```python
--8<-- "examples/a/wrong/minus.py"
```
""",
    "index": "Home.\n",
    "unlabelled": "```\nls\n```\n",
    "by-hand": "```python\nprint('by hand')\n```\n",
    "same-text": '```python\ndef add(one: int, two: int) -> int:\n    """Add two '
    'numbers."""\n    return one + two\n```\n',
    "forged-title": '```python title="examples/a/adding.py:add"\ndef add(one: int, '
    'two: int) -> int:\n    """Add two numbers."""\n    return one + two\n```\n',
    "raw-pre": "<pre>ls -l</pre>\n",
    "raw-pre-code": "<pre><code>ls -l</code></pre>\n",
    "long-code": "<code>one\ntwo</code>\n",
    "broken-code": "<code>one<br>two</code>\n",
    "xmp": "<xmp>ls</xmp>\n",
    "textarea": "<textarea>ls</textarea>\n",
    "samp": "<samp>ls</samp>\n",
    "empty": "```python\n```\n",
    "indented": "Text\n\n    ls -l\n",
    "in-tab": '=== "Tab"\n\n    ```\n    ls\n    ```\n',
    "in-list": "1.  Do\n\n    ```\n    ls\n    ```\n",
    "in-admonition": "!!! note\n\n    ```\n    ls\n    ```\n",
    "tildes": "~~~\nls\n~~~\n",
    "mixed": '```python\n--8<-- "examples/a/adding.py:add"\nprint("and by hand")\n```\n',
    "stale": '```python\n--8<-- "examples/a/adding.py:stale"\n```\n',
    "unexecuted": '```python\n--8<-- "examples/a/adding.py:sign"\n```\n',
    "comment": '```python\n--8<-- "examples/a/adding.py:comment"\n```\n',
    "hidden": '```python\n--8<-- "examples/a/adding.py:hidden"\n```\n',
    "half": '```python\n--8<-- "examples/a/adding.py:half"\n```\n',
    "failed": '```python\n--8<-- "examples/a/adding.py:failed"\n```\n',
    "skipped": '```python\n--8<-- "examples/a/adding.py:skipped"\n```\n',
    "expected": '```python\n--8<-- "examples/a/adding.py:expected"\n```\n',
    "unasserted": '```python\n--8<-- "examples/a/adding.py:unasserted"\n```\n',
    "constant": '```python\n--8<-- "examples/a/adding.py:constant"\n```\n',
    "setup-only": '```python\n--8<-- "examples/a/adding.py:setup_only"\n```\n',
    "lazy-shell": '```bash\n--8<-- "examples/a/lazy.sh"\n```\n',
    "unproved-rule": "### NONE-1 Nobody proves this { #none-1 .must .core }\n",
    "proved-elsewhere": "### AWAY-1 Proved on another page { #away-1 .must .core }\n",
    "judged-but-proved": "### TWICE-1 First { #twice-1 .must .core .judged }\n",
    "twice": "### TWICE-1 Second { #twice-1 .must .core .judged }\n",
    "lonely": "### LONE-1 Without a twin { #lone-1 .must .core }\n\n```python\n"
    '--8<-- "examples/a/wrong/lonely.py"\n```\n',
    "lost": '<a href="nowhere/">Gone</a>\n',
}

NOTEBOOK = """{"cells": [
{"cell_type": "code", "id": "ran", "metadata": {}, "source": "print(1 + 1)",
 "outputs": [], "execution_count": null},
{"cell_type": "code", "id": "idle", "metadata": {}, "source": "print('idle')",
 "outputs": [], "execution_count": null}],
"metadata": {"guidance": {"title": "Notebook", "description": "A notebook", "tier": "core",
 "tags": []}},
"nbformat": 4, "nbformat_minor": 5}"""


def write(root: Path, name: str, text: str) -> None:
    """Write a file of the planted repository."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the planted repository."""
    hidden = ("COVERAGE_", "GUIDANCE_", "OWN_COVERAGE", "PYTEST_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    env |= own_coverage()
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env=env | {"GUIDANCE_ROOT": str(root), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def plant(root: Path) -> None:
    """Write a repository that holds every fault, each on a page of its own."""
    write(root, "examples/a/adding.py", GOOD)
    write(root, "examples/a/wrong/minus.py", WRONG)
    write(root, "examples/a/wrong/lonely.py", WRONG)
    write(root, "examples/a/child.py", "print(6 * 7)\n")
    write(root, "examples/a/good.sh", "echo hello\n")
    write(root, "examples/a/lazy.sh", "false && echo never\ntrue\n")
    write(root, "tests/test_a.py", TESTS)
    write(root, "notebooks/n.ipynb", NOTEBOOK)
    write(
        root,
        "waivers.yml",
        "- ref: examples/a/gone.py\n  reason: test\n  owner: nobody\n  expires: 2020-01-01\n",
    )
    write(root, "facts.yml", "{}\n")
    write(root, "local-values.yml", "page-owner: {what: the owner, ask: anybody}\n")
    for name, text in PAGES.items():
        head = f"---\ntitle: {name}\ndescription: A page\ntier: core\ntags: []\n---\n\n"
        head += f"# {name}\n\n"
        write(root, f"docs/{name}.md", head + text)
    write(
        root,
        "pyproject.toml",
        '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'
        'addopts = ["-p", "guidance.evidence.plugin", "--import-mode=importlib", '
        '"-m", "not audit", "-p", "no:cacheprovider"]\n'
        "enable_assertion_pass_hook = true\n",
    )
    write(root, "mkdocs.yml", planted_config())


def planted_config() -> str:
    """Return the real configuration, with the planted pages."""
    text = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[0]
    text = re.sub(r"src/guidance/site", (ROOT / "src/guidance/site").as_posix(), text)
    text = text.replace("strict: true", "strict: false")
    pages = [f"{name}.md" for name in PAGES]
    generated = [f"reference/{n}.md" for n in ("rules", "verification", "local-values")]
    nav = yaml.safe_dump({"nav": [*pages, *generated, "notebooks/n.md"]})
    return f"{text}\n{nav}"


def run_in_part(root: Path) -> None:
    """Leave what a later run of some tests leaves: the same blocks, proved otherwise."""
    full = read(root / "build/evidence.json")
    assert full is not None
    proved = {ref: block for ref, block in full.blocks.items() if block.level}
    other = {ref: replace(block, level="validated") for ref, block in proved.items()}
    Evidence(run={"id": "part"}, blocks=other).write(root / "build/evidence-partial.json")


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the gate says about the planted repository, a line each."""
    root = tmp_path_factory.mktemp("planted")
    plant(root)
    tests = run(root, "-m", "pytest", "-q")
    assert (root / "build/evidence.json").exists(), tests.stdout + tests.stderr
    stale = root / "examples/a/adding.py"
    stale.write_text(stale.read_text("utf-8").replace("return 6", "return 66"), "utf-8")
    run_in_part(root)
    site = run(
        root,
        "-c",
        "from guidance.site.publish import *; import sys\n"
        "from guidance.site import publish as p; p.SHOWN = 10_000\n"
        "from pathlib import Path; sys.exit(publish(Path('site')))",
    )
    assert site.returncode == 1, site.stdout + site.stderr
    assert not (root / "site").exists()
    return site.stderr


FAULTS = {
    "unlabelled": "'ls', typed by hand: put it into a file under examples/",
    "by-hand": "typed by hand",
    "same-text": r"'def add\(one: int, two: int\) -> int:', typed by hand",
    "forged-title": "typed by hand",
    "raw-pre": "typed by hand",
    "raw-pre-code": "typed by hand",
    "long-code": "typed by hand",
    "broken-code": "typed by hand",
    "xmp": "typed by hand",
    "textarea": "typed by hand",
    "samp": "typed by hand",
    "empty": "has an empty block: remove it",
    "indented": "typed by hand",
    "in-tab": "typed by hand",
    "in-list": "typed by hand",
    "in-admonition": "typed by hand",
    "tildes": "typed by hand",
    "mixed": "typed by hand",
    "stale": "adding.py:stale is not what the tests ran: run all tests again",
    "unexecuted": r"adding.py:sign line \d+ never ran in a test's call: add a test",
    "comment": "adding.py:comment holds no executable statement",
    "hidden": "adding.py:hidden holds `# pragma: no cover`",
    "half": "adding.py:half cuts a statement",
    "failed": "ran only in tests/test_a.py::test_failed, which failed: make it pass",
    "skipped": "ran only in tests/test_a.py::test_skipped, which skipped",
    "expected": "ran only in tests/test_a.py::test_expected, which xfailed",
    "unasserted": "ran only in tests/test_a.py::test_unasserted, which asserts nothing",
    "constant": "ran only in tests/test_a.py::test_constant, which asserts nothing",
    "setup-only": r"adding.py:setup_only line \d+ never ran in a test's call",
    "lazy-shell": "lazy.sh no passing test ran it: run it with a helper in a test",
    "lonely": "lonely.py was never held against its good twin: use twins",
    "lost": "links to nowhere/, which is not there: mend the link",
}


@pytest.mark.parametrize("page", FAULTS)
def test_a_planted_block_turns_the_gate_red(verdict: str, page: str) -> None:
    assert re.search(rf"^guidance: {page}/index.html: .*{FAULTS[page]}", verdict, re.M)


RULE_FAULTS = {
    "a rule without proof": r"unproved-rule.md: NONE-1 has no proof: mark a test with "
    r'rule\("NONE-1"\), or declare it judged',
    "a proof that runs no block of its page": "proved-elsewhere.md: AWAY-1: .* runs no "
    "block of its page",
    "a proof of an unknown rule": "test_elsewhere: proves GHOST-1, which no page states",
    "a duplicate id": "TWICE-1 is on .* too: renumber",
    "a counter-example without its twin": "lonely.md: LONE-1: no test holds "
    r"examples/a/wrong/lonely.py against its good twin: use twins\(\)",
    "an expired waiver": "waivers.yml: examples/a/gone.py expired on 2020-01-01",
    "a notebook cell that never ran": "notebooks/n/index.html: "
    "notebooks/n.ipynb#ran is not in this run's evidence",
    "an uncovered example": "examples/a/adding.py: no passing test ran line",
}


@pytest.mark.parametrize("fault", RULE_FAULTS)
def test_a_planted_fault_turns_the_gate_red(verdict: str, fault: str) -> None:
    assert re.search(RULE_FAULTS[fault], verdict)


def test_good_blocks_pass_wherever_they_stand(verdict: str) -> None:
    assert "good/index.html" not in verdict
    assert "GOOD-1" not in verdict


@pytest.mark.parametrize(
    "markdown",
    [
        '<div data-ref="examples/a.py"><pre>x</pre></div>',
        "Text\n{: data-evidence='executed' }",
        "```{.python .numberLines}\nprint(1)\n```",
        "~~~ {.python}\nprint(1)\n~~~",
    ],
)
def test_a_page_cannot_pretend(markdown: str) -> None:
    labeller = BlockLabeller(Evidence(), {})

    with pytest.raises(ValueError, match=r"^a\.md: ") as refused:
        labeller.markdown("a.md", markdown)

    assert "build alone" in str(refused.value) or "braces" in str(refused.value)
