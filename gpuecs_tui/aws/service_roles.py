"""Service-linked roles: those that a stack's services need, and whether the caller may create one.

AWS creates such a role at a service's first use, if the caller has iam:CreateServiceLinkedRole
(IAM user guide, "Create a service-linked role").
"""

from __future__ import annotations

from gpuecs_tui.aws.facts import AccountFacts, Identity
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
CREATE = "iam:CreateServiceLinkedRole"


def service_roles(stack: Stack) -> dict[str, str]:
    """Return the service-linked roles that a stack's services use, with their services."""
    return {**ALWAYS, **(SPOT if stack.fleet.market == "spot" else {})}


def missing_service_roles(stack: Stack, account: AccountFacts) -> dict[str, str]:
    """Return those that the account doesn't have; none where its roles aren't known."""
    if not isinstance(account.roles, Known):
        return {}
    there = {it.name for it in account.roles.value}
    return {name: it for name, it in service_roles(stack).items() if name not in there}


def read_may_create(
    reader: AccountReader, identity: Identity, name: str, service: str
) -> Reading[bool]:
    """Return whether the caller's policies allow to create a service-linked role."""
    partition = identity.arn.split(":")[1]
    resource = f"arn:{partition}:iam::{identity.account}:role/aws-service-role/{service}/{name}"
    caller = caller_arn(identity)
    found = denied(reader, caller, (CREATE,), resource, iam__AWSServiceName=service)
    if not isinstance(found, Known):
        return found
    return Known(not found.value, found.source, found.read_at)


def caller_arn(identity: Identity) -> str:
    """Return the ARN whose policies count for the caller: of an assumed role the role's own.

    The path of a role isn't in the ARN of its session; a role with one isn't found then.
    """
    if identity.kind != "assumed-role":
        return identity.arn
    partition = identity.arn.split(":")[1]
    role = identity.arn.split("/")[1]
    return f"arn:{partition}:iam::{identity.account}:role/{role}"
