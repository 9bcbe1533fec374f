"""The name that comes to mind first."""


def bucket_name(
    service: str, zone: str, environment: str, account: str
) -> str:
    """Return a bucket's name."""
    return f"{service}-api"
