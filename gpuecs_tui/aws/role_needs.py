"""The permissions that existing roles of a stack need, and whether IAM grants them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gpuecs_tui.aws.ecr import ecr_image
from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.reading import Known, Reading
from gpuecs_tui.aws.secret_place import secret_place
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.stack.containers.references import images_of, secret_references
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.monitoring.gpu_metrics import ACTIONS
from gpuecs_tui.stack.partitions import account_in

EXECUTION, TASK = "task.execution_role_arn", "task.task_role_arn"
PROFILE = "fleet.instance_profile_arn"
EXEC_ACTIONS = tuple(
    f"ssmmessages:{verb}{channel}Channel"
    for verb in ("Create", "Open")
    for channel in ("Control", "Data")
)
"""Actions that ECS Exec requires in the task role (ECS developer guide, "Using ECS Exec")."""
PULL_ACTIONS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
)
LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


@dataclass(frozen=True, slots=True)
class RoleNeed:
    """Permissions that one existing role needs."""

    field: str
    """The key that names the role."""
    role: str
    """Its ARN."""
    actions: tuple[str, ...]
    """As IAM names them."""
    resource: str
    """An ARN, or ``*`` for actions without resources."""
    shared: bool = False
    """Whether a policy of the resource itself can also allow it; such policies are not read."""

    @property
    def id(self) -> str:
        """The key under which its result is stored."""
        return f"{self.role} {' '.join(self.actions)} {self.resource}"


def role_needs(stack: Stack) -> Iterator[RoleNeed]:
    """Yield the permissions that the existing roles of a stack need.

    Sources: the policy AmazonECSTaskExecutionRolePolicy, and "Amazon ECS task execution IAM role"
    and "Using ECS Exec" in the ECS developer guide. Roles that the stack creates need no check.
    """
    task = stack.task
    if account := account_in(role := task.execution_role_arn):
        partition = role.split(":")[1]
        region = stack.stack.region
        images = [found for _key, it in images_of(stack) if (found := ecr_image(it)) is not None]
        if images:
            yield RoleNeed(EXECUTION, role, ("ecr:GetAuthorizationToken",), "*")
        places = (f"{it.region}:{it.account}:repository/{it.repository}" for it in images)
        for place in dict.fromkeys(places):
            yield RoleNeed(EXECUTION, role, PULL_ACTIONS, f"arn:{partition}:ecr:{place}", True)
        group = f"arn:{partition}:logs:{region}:{account}:log-group:{task.log_group}:*"
        yield RoleNeed(EXECUTION, role, LOG_ACTIONS, group)
        for value in secret_references(stack):
            place_of = secret_place(value)
            if place_of.service == "secretsmanager":
                yield RoleNeed(
                    EXECUTION, role, ("secretsmanager:GetSecretValue",), place_of.id, True
                )
                continue
            where = f"{place_of.region or region}:{place_of.account or account}"
            name = place_of.id.removeprefix("/")
            arn = f"arn:{partition}:ssm:{where}:parameter/{name}"
            yield RoleNeed(EXECUTION, role, ("ssm:GetParameters",), arn)
    if task.task_role_arn and stack.service.execute_command:
        yield RoleNeed(TASK, task.task_role_arn, EXEC_ACTIONS, "*")


def instance_needs(stack: Stack, facts: AccountFacts) -> Iterator[RoleNeed]:
    """Yield what the role of an existing instance profile needs to send GPU metrics."""
    profiles, roles = facts.instance_profiles, facts.roles
    if not (stack.fleet.gpu_metrics and isinstance(profiles, Known) and isinstance(roles, Known)):
        return
    arns = {it.name: it.arn for it in roles.value}
    for profile in profiles.value:
        if profile.arn == stack.fleet.instance_profile_arn and profile.role in arns:
            yield RoleNeed(PROFILE, arns[profile.role], ACTIONS, "*")


def read_denied(reader: AccountReader, need: RoleNeed) -> Reading[tuple[str, ...]]:
    """Return the actions that the role's policies don't allow, according to IAM's simulator.

    The simulator includes service control policies, but not policies of the resources (IAM API
    reference, SimulatePrincipalPolicy).
    """
    return denied(reader, need.role, need.actions, need.resource)


def denied(
    reader: AccountReader,
    principal: str,
    actions: tuple[str, ...],
    resource: str,
    **context: str,
) -> Reading[tuple[str, ...]]:
    """Return the ``actions`` on ``resource`` that the principal's policies don't allow.

    ``context`` are condition keys with ``__`` for the colon.
    """
    entries = [
        {
            "ContextKeyName": name.replace("__", ":"),
            "ContextKeyValues": [value],
            "ContextKeyType": "string",
        }
        for name, value in context.items()
    ]

    def read() -> tuple[str, ...]:
        answer = reader.call(
            "iam",
            "SimulatePrincipalPolicy",
            PolicySourceArn=principal,
            ActionNames=list(actions),
            ResourceArns=[resource],
            **({"ContextEntries": entries} if entries else {}),
        )
        return tuple(
            it["EvalActionName"]
            for it in answer.get("EvaluationResults", ())
            if it.get("EvalDecision") != "allowed"
        )

    return reader.reading("iam:SimulatePrincipalPolicy", read)
