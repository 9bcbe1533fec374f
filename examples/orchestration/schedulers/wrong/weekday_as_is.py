"""Counter-example: two stars and a bracket, and the rest as it is."""


def to_eventbridge(expression: str) -> str:
    """Write a cron expression as EventBridge does."""
    minute, hour, day, month, weekday = expression.split()
    if weekday == "*":
        return f"cron({minute} {hour} {day} {month} ? *)"
    return f"cron({minute} {hour} ? {month} {weekday} *)"
