"""The Content-Security-Policy that each page carries: nothing from elsewhere.

The theme has four small scripts inside its pages. Each is allowed by the hash of its
text, so ``unsafe-inline`` is not needed, for scripts or for styles. What a ``meta``
element cannot say (``frame-ancestors``) is the business of the server's headers.
"""

import base64
import hashlib
import re

INLINE = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # the theme's icons are data: in its style sheet
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
HEAD = '<meta charset="utf-8">'


def policy(page: str) -> str:
    """Return the policy under which a page works, and no other does."""
    hashes = {
        f" 'sha256-{_digest(found['text'])}'"
        for found in INLINE.finditer(page)
        if "src=" not in found["attributes"] and "json" not in found["attributes"]
    }
    directives = DIRECTIVES | {"script-src": "'self'" + "".join(sorted(hashes))}
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def with_policy(page: str) -> str:
    """Put the policy of a page into its head.

    Raises:
        ValueError: if the theme's page has no place for it.
    """
    if HEAD not in page:
        raise ValueError(f"the theme no longer writes {HEAD}: the policy has no place")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(page)}">'
    return page.replace(HEAD, f"{HEAD}\n{meta}", 1)
