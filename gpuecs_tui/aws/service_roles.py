"""The service-linked roles that a stack needs, and whether the caller may create them.

AWS creates such a role when a service is first used, if the caller has iam:CreateServiceLinkedRole
(IAM user guide, "Create a service-linked role").
"""

from __future__ import annotations

from gpuecs_tui.aws.facts import AccountFacts, CallerIdentity
from gpuecs_tui.aws.reading import Known, Reading
from gpuecs_tui.aws.role_needs import denied
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.stack.model import Stack

ALWAYS = {
    "AWSServiceRoleForECS": "ecs.amazonaws.com",
    "AWSServiceRoleForAutoScaling": "autoscaling.amazonaws.com",
    "AWSServiceRoleForElasticLoadBalancing": "elasticloadbalancing.amazonaws.com",
}
"""Name → the service that assumes it."""
SPOT = {"AWSServiceRoleForEC2Spot": "spot.amazonaws.com"}
ECS_SCALING_ROLE = "AWSServiceRoleForApplicationAutoScaling_ECSService"
TASK_SCALING = {ECS_SCALING_ROLE: "ecs.application-autoscaling.amazonaws.com"}
"""Application Auto Scaling user guide, "Service-linked roles"."""
CREATE = "iam:CreateServiceLinkedRole"


def service_roles(stack: Stack) -> dict[str, str]:
    """Return the service-linked roles that a stack's services use, with their services."""
    return {
        **ALWAYS,
        **(SPOT if stack.fleet.market == "spot" else {}),
        **(TASK_SCALING if stack.autoscaling.enabled else {}),
    }


def missing_service_roles(stack: Stack, account: AccountFacts) -> dict[str, str]:
    """Return those that the account doesn't have; none if its roles are unknown."""
    if not isinstance(account.roles, Known):
        return {}
    there = {it.name for it in account.roles.value}
    return {name: it for name, it in service_roles(stack).items() if name not in there}


def read_may_create(
    reader: AccountReader, identity: CallerIdentity, name: str, service: str
) -> Reading[bool]:
    """Return whether the caller's policies allow to create a service-linked role."""
    partition = identity.arn.split(":")[1]
    resource = f"arn:{partition}:iam::{identity.account}:role/aws-service-role/{service}/{name}"
    caller = caller_arn(identity)
    found = denied(reader, caller, (CREATE,), resource, iam__AWSServiceName=service)
    if not isinstance(found, Known):
        return found
    return Known(not found.value, found.source, found.read_at)


def caller_arn(identity: CallerIdentity) -> str:
    """Return the ARN whose policies apply to the caller: for an assumed role, the role's ARN.

    The ARN of a role session doesn't contain the role's path, so a role with a path isn't found.
    """
    if identity.kind != "assumed-role":
        return identity.arn
    partition = identity.arn.split(":")[1]
    role = identity.arn.split("/")[1]
    return f"arn:{partition}:iam::{identity.account}:role/{role}"
