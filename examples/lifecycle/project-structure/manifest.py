"""Read the pipeline's manifest: owner, schedule and tags come from here."""

from typing import Any


def schedule(manifest: dict[str, Any]) -> str:
    """Return when the pipeline starts, as cron writes it."""
    return str(manifest["schedule"]["cron"])


def tags(manifest: dict[str, Any]) -> dict[str, str]:
    """Return the tags that every AWS resource of the pipeline carries.

    Raises:
        ValueError: if the manifest does not say yet who answers for it.
    """
    if manifest["owner"] is None:
        raise ValueError(f"{manifest['name']}: name the owner in pipeline.yml")
    return {
        "Service": manifest["name"],
        "Owner": manifest["owner"],
        "DataClassification": manifest["classification"],
        "PersonalData": manifest["personal_data"],
    }
