"""Accessibility of the theme: what Material gets wrong and the build can mend.

Each change names the success criterion of WCAG 2.2 that it serves.
"""

import re

TABLE = re.compile(r"<table(?P<attributes>[^>]*)>(?P<body>.*?)</table>", re.DOTALL)
HEAD_CELL = re.compile(r"<th(?=[\s>])(?![^>]*\bscope=)")
EMPTY_HEAD = re.compile(r"<th(?=[\s>])[^>]*>\s*</th>")
TASK_BOX = re.compile(
    r'<input type="checkbox" disabled(?:="")?(?P<checked> checked(?:="")?)? ?/?>'
)


def content(page: str) -> str:
    """Mend what stands in the text of a page."""
    page = TABLE.sub(_table, page)
    return TASK_BOX.sub(_task_box, page)


def _table(match: re.Match[str]) -> str:
    """Give header cells a scope, and let wide tables scroll alone (1.3.1, 1.4.10)."""

    def scoped(part: str, scope: str) -> str:
        return re.sub(
            rf"<{part}>.*?</{part}>",
            lambda found: HEAD_CELL.sub(f'<th scope="{scope}"', found[0]),
            body,
            flags=re.DOTALL,
        )

    body = match["body"]
    body = scoped("thead", "col")
    body = scoped("tbody", "row")
    body = EMPTY_HEAD.sub("<td></td>", body)
    body = body.replace(' style="text-align: right;"', ' class="number"')
    return f'<div class="table-scroll"><table class="data-table">{body}</table></div>'


def _task_box(match: re.Match[str]) -> str:
    """Name the boxes of task lists (4.1.2)."""
    checked = match["checked"] or ""
    name = "Done" if checked else "To do"
    return f'<input type="checkbox" disabled{checked} aria-label="{name}">'


def whole(page: str) -> str:
    """Mend what the theme's templates write around the text."""
    page = page.replace(  # the dialog has no name (4.1.2)
        'data-md-component="search" role="dialog"',
        'data-md-component="search" role="dialog" aria-label="Search"',
    )
    page = page.replace(  # the number of results is announced (4.1.3)
        '<div class="md-search-result__meta">',
        '<div class="md-search-result__meta" role="status">',
    )
    page = _button(page, "__drawer", "Menu", "menu-button")
    page = _button(page, "__search", "Search", "search-button")
    page = re.sub(  # nested lists are no landmarks of their own (1.3.1)
        r'<nav class="md-nav" data-md-level="([1-9])"[^>]*>',
        r'<nav class="md-nav" data-md-level="\1" role="none">',
        page,
    )
    page = page.replace(' data-md-component="source"', "")  # it would ask a host of code
    page = page.replace('<nav class="md-tags"', '<nav class="md-tags" aria-label="Tags"')
    page = page.replace(  # the table of contents has the same links (2.4.4)
        '<a class="headerlink" ', '<a class="headerlink" tabindex="-1" aria-hidden="true" '
    )
    return page.replace(
        'class="md-path" aria-label="Navigation"', 'class="md-path" aria-label="Breadcrumb"'
    )


def _button(page: str, target: str, name: str, css_class: str) -> str:
    """Make a real button of a label that no key reaches (2.1.1)."""
    return re.sub(
        rf'<label class="md-header__button md-icon" for="{target}">(.*?)</label>',
        rf'<button type="button" class="md-header__button md-icon {css_class}"'
        rf' data-toggles="{target}" aria-label="{name}" aria-expanded="false">\1</button>',
        page,
        count=1,
        flags=re.DOTALL,
    )
