"""An alert that somebody can act on at 4 pm."""

# --8<-- [start:alert]
import re
from dataclasses import dataclass
from datetime import datetime

FIRST_COMMAND = (
    'psql "$DATABASE_URL" --command "SELECT command, status, finished_at, '
    'watermark, error FROM ops.runs ORDER BY started_at DESC LIMIT 5"'
)
ANCHORS = {
    "no run": "the-figures-are-old",
    "source is late": "the-figures-are-old",
    "bad data": "exit-code-6-too-much-of-the-data-is-bad",
}


@dataclass(frozen=True)
class Alert:
    """What is wrong, since when (UTC), and whom it reaches."""

    pipeline: str
    kind: str
    since: datetime
    affected: str

    def text(self, runbook_url: str) -> str:
        """Return the message: five lines, no data.

        Raises:
            KeyError: if the runbook says nothing about this kind.
        """
        return "\n".join(
            [
                f"{self.pipeline}: {self.kind}",
                f"Since: {self.since:%A %d %B %Y, %H:%M} UTC",
                f"Affected: {self.affected}",
                f"First: {FIRST_COMMAND}",
                f"Runbook: {runbook_url}#{ANCHORS[self.kind]}",
            ]
        )


def anchors(markdown: str) -> set[str]:
    """Return the anchors that GitHub gives the headings of a document."""
    headings = re.findall(r"^#{1,6} (.+)$", markdown, re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", h).strip().lower() for h in headings)
    return {heading.replace(" ", "-") for heading in plain}


# --8<-- [end:alert]
