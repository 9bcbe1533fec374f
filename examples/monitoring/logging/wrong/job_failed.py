from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Alert:
    pipeline: str
    kind: str
    since: datetime
    affected: str

    def text(self, runbook_url: str) -> str:
        return f"ERROR: {self.pipeline} failed, please check the logs"
