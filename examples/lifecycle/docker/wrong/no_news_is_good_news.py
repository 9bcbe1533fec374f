from typing import Any


def gate(client: Any, repository: str, tag: str) -> int:
    reply = client.describe_image_scan_findings(
        repositoryName=repository, imageId={"imageTag": tag}
    )
    findings = reply.get("imageScanFindings", {}).get("enhancedFindings", [])
    return int(any(f["severity"] == "CRITICAL" for f in findings))
