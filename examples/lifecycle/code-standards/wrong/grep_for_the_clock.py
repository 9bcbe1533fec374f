"""A search for words finds the words that it knows."""

import re

BANNED = re.compile(
    r"datetime\.now\(|date\.today\(|utcnow\(|__import__"
    r"|import (boto3|os|random|requests)|from boto3|open\(|print\("
)


def impurities(source: str) -> list[str]:
    return [match[0] for match in BANNED.finditer(source)]
