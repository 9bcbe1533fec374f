"""Links: every planted fault is found, nothing else is, and the built site has none."""

from pathlib import Path

import pytest

from guidance.cli import main
from guidance.site import hooks, reports
from guidance.site.links import BuiltSite
from guidance.site.publish import build

SUB_PATH = "https://handbook.example/guidance/"
HOME = """<html><head><link rel="stylesheet" href="look.css"><title>Home</title></head><body>
<h1 id="home">Home</h1><a href="a/">A</a> <a href="a/#deep%20down">there</a> <a href="#home">
here</a> <a href="#">up</a> <a href="?q=1">search</a> <a href=".">home</a>
<a href="https://example.org/#part">elsewhere</a> <a href="mailto:a@example.org">mail</a>
<img src="p.png" srcset="p.png 1x, a/q.png 2x" alt=""> <img src="data:image/png;base64,AA">
<svg><use href="#home"></use><use xlink:href="p.svg#x"></use></svg></body></html>"""
GOOD = {
    "index.html": HOME,
    "a/index.html": '<h1 id="deep down">A</h1> <a href="..">up</a> '
    '<a href="../source/x.py">x</a>',
    "404.html": '<a href="/">home</a><a href="/a/#deep%20down">A</a><a href="#top">up</a>',
    "look.css": "/* url(gone.png) */ p { background: url('p.png') } @import 'more.css';",
    "more.css": "p { background: url(data:image/png;base64,AA) }",
    "p.png": "",
    "a/q.png": "",
    "p.svg": '<svg><image href="p.png"/></svg>',
    "source/x.py": "",
    "source/quoted.html": '<a href="anything">A quoted file is not judged.</a>',
    "search/pages.json": '{"docs": [{"location": "a/#deep%20down"}]}',
    "sitemap.xml": "<urlset></urlset>",
}


def plant(folder: Path, **more: str | None) -> Path:
    """Write a site without a fault, then what a test adds to it or takes from it."""
    for name, text in (GOOD | more).items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return folder


def faults(folder: Path, url: str = "") -> list[str]:
    """Return what is wrong with a site, a line each."""
    return [str(problem) for problem in BuiltSite(folder, url).problems()]


def test_a_whole_site_has_no_fault(tmp_path: Path) -> None:
    assert faults(plant(tmp_path)) == []


LOST = "which is not there: mend the link"
NO_FILE = "which is not there: add the file or mend the path"
NO_ID = "has no such id: link to one of its headings"
OFF_SITE = "from another host: put the file into the site"
KINDS = "write https://, mailto: or tel:"
BODIES = {
    '<a href="b/">B</a>': f"links to b/, {LOST}",
    '<a href="A/">A</a>': f"links to A/, {LOST}",
    '<a href="a">A</a>': "links to a, a folder: end it with a slash",
    '<a href="a/#gone">A</a>': f"links to a/#gone, but a/index.html {NO_ID}",
    '<a href="source/x.py#L1">x</a>': f"links to source/x.py#L1, but source/x.py {NO_ID}",
    '<a href="../a/">A</a>': "refers to ../a/, which leaves the site: mend the path",
    '<a href="/a/">A</a>': "refers to /a/: write it relative, since the site may be "
    "published below a folder",
    '<a href="http://example.org/">x</a>': "links to http://example.org/: write https",
    '<a href="//example.org/">x</a>': f"links to //example.org/: {KINDS}",
    '<a href="javascript:alert(1)">x</a>': f"links to javascript:alert(1): {KINDS}",
    '<a href="https://">x</a>': "links to https://, which names no host: mend the link",
    '<a href="https://[x/">x</a>': "refers to https://[x/, which is no address: Invalid "
    "IPv6 URL",
    '<p id="x"></p><p id="x"></p>': "has the id 'x' twice: rename one",
    '<img src="gone.png">': f"needs gone.png, {NO_FILE}",
    '<img src="">': "has an image or script without an address: name the file or drop it",
    '<img srcset="p.png 1x, gone.png 2x">': f"needs gone.png, {NO_FILE}",
    '<video poster="gone.png"></video>': f"needs gone.png, {NO_FILE}",
    '<object data="gone.pdf"></object>': f"needs gone.pdf, {NO_FILE}",
    '<svg><use xlink:href="gone.svg#x"></use></svg>': f"needs gone.svg#x, {NO_FILE}",
    '<p style="background: url(gone.png)">x</p>': f"needs gone.png, {NO_FILE}",
    '<script src="https://cdn.example/x.js"></script>': "loads https://cdn.example/x.js "
    f"{OFF_SITE}",
    '<link rel="stylesheet" href="//cdn.example/x.css">': "loads //cdn.example/x.css "
    f"{OFF_SITE}",
    '<link rel="preconnect" href="https://fonts.example">': "loads https://fonts.example "
    f"{OFF_SITE}",
    '<iframe src="https://video.example/"></iframe>': "loads https://video.example/ "
    f"{OFF_SITE}",
    "<style>@import 'https://cdn.example/x.css';</style>": "loads "
    f"https://cdn.example/x.css {OFF_SITE}",
    '<meta http-equiv="Refresh" content="0; url=gone/">': f"links to gone/, {LOST}",
    '<script id="__config">{"base": ".", "search": "x.js"}</script>': f"needs x.js, {NO_FILE}",
}


@pytest.mark.parametrize("body", BODIES)
def test_a_fault_on_a_page_is_found(tmp_path: Path, body: str) -> None:
    plant(tmp_path, **{"bad.html": f"<html><body>{body}</body></html>"})

    assert faults(tmp_path) == [f"bad.html: {BODIES[body]}"]


FILES = {
    "look.css": ('p { background: url( "gone.png" ) }', f"needs gone.png, {NO_FILE}"),
    "more.css": (
        "@import url(https://cdn.example/x.css);",
        f"loads https://cdn.example/x.css {OFF_SITE}",
    ),
    "p.svg": (
        '<svg><image href="https://cdn.example/x.png"/></svg>',
        f"loads https://cdn.example/x.png {OFF_SITE}",
    ),
    "404.html": (
        '<img src="p.png">',
        "refers to p.png: begin with a slash, since it is shown anywhere",
    ),
    "search/pages.json": (
        '{"docs": [{"location": "a/#gone"}]}',
        f"links to a/#gone, but a/index.html {NO_ID}",
    ),
    "sitemap.xml": (
        "<urlset><url><loc>https://example.org/</loc></url></urlset>",
        "names https://example.org/, not on the site",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_fault_in_another_file_is_found(tmp_path: Path, name: str) -> None:
    text, says = FILES[name]
    plant(tmp_path, **{name: text})

    assert faults(tmp_path) == [f"{name}: {says}"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("404.html", "the site: has no 404.html: keep it in the theme's static_templates"),
        (
            "search/pages.json",
            "the site: has no search/pages.json: switch the search plugin on",
        ),
    ],
)
def test_a_file_that_every_site_needs_is_missed(tmp_path: Path, name: str, says: str) -> None:
    plant(tmp_path, **{name: None})

    assert faults(tmp_path) == [says]


def test_the_address_of_the_site_is_its_own(tmp_path: Path) -> None:
    own = {
        "own.html": f'<link rel="canonical" href="{SUB_PATH}a/"><a href="{SUB_PATH}b/">B</a>',
        "404.html": '<a href="/guidance/a/">A</a><a href="/a/">A</a>',
        "sitemap.xml": f"<urlset><url><loc>{SUB_PATH}gone/</loc></url></urlset>",
    }
    plant(tmp_path, **own)

    assert faults(tmp_path, SUB_PATH) == [
        "404.html: refers to /a/, outside of /guidance/: mend the path",
        f"own.html: links to {SUB_PATH}b/, which is not there: mend the link",
        f"sitemap.xml: links to {SUB_PATH}gone/, which is not there: mend the link",
    ]


def test_a_quoted_markdown_file_is_no_page(tmp_path: Path) -> None:
    file = hooks.Quoted("source/a.md", str(tmp_path), str(tmp_path), use_directory_urls=True)

    assert (file.dest_uri, file.is_documentation_page()) == ("source/a.md", False)


# --- the site that we build ----------------------------------------------------------


def test_the_built_site_leads_somewhere_everywhere(built_site: Path) -> None:
    site = BuiltSite(built_site)

    assert site.problems() == []
    assert len(site.documents) > 10
    assert sum(len(one.references) for one in site.documents.values()) > 500


def test_the_site_can_live_below_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(reports.SITE_URL, SUB_PATH)
    build(tmp_path)

    assert reports.built_site(tmp_path).problems() == []
    elsewhere = faults(tmp_path, "https://handbook.example/other/")
    assert any(line.startswith("404.html: refers to /guidance/") for line in elsewhere)
    assert any(line.startswith("sitemap.xml: names https://") for line in elsewhere)


def test_the_external_links_of_the_site_are_known(built_site: Path) -> None:
    external = BuiltSite(built_site).external()

    assert len(external) > 10
    assert all(url.startswith("https://") and pages for url, pages in external.items())


# --- the command ---------------------------------------------------------------------


def test_the_command_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["links", "--site-dir", str(tmp_path)]

    assert main(arguments) == 2
    assert main([*arguments, "--external"]) == 2
    assert "no site in" in capsys.readouterr().err
    plant(tmp_path)
    assert main(arguments) == 0
    assert "every link leads somewhere" in capsys.readouterr().out
    plant(tmp_path, **{"bad.html": '<a href="gone/">x</a>'})
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert said == "guidance: bad.html: links to gone/, which is not there: mend the link\n"
