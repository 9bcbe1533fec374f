"""A reply as we think that the source writes it."""

REPLY = {"items": [{"timestamp": "2026-03-29T01:00:00Z", "level": 0.44}]}


def reply() -> object:
    return REPLY
