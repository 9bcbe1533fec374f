"""Ask IAM what a policy allows, before anything is created."""

# --8<-- [start:may]
import boto3
from botocore.config import Config

CONFIG = Config(
    connect_timeout=5,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
)


def may(policy: str, action: str, resource: str) -> bool:
    """Whether a policy document allows an action on a resource.

    Args:
        policy: the JSON text of an identity policy.
        action: such as ``s3:DeleteObject``.
        resource: an ARN.

    Raises:
        botocore.exceptions.ClientError: if the policy is malformed.
    """
    answer = boto3.client("iam", config=CONFIG).simulate_custom_policy(
        PolicyInputList=[policy],
        ActionNames=[action],
        ResourceArns=[resource],
    )
    decision: str = answer["EvaluationResults"][0]["EvalDecision"]
    return decision == "allowed"


# --8<-- [end:may]
