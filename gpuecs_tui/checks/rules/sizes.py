"""Rules task-size, policy-size and group-limit: limits that AWS checks only during an apply.

A plan checks none of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from gpuecs_tui.aws.facts import GROUPS_PER_INTERFACE, GROUPS_QUOTA
from gpuecs_tui.aws.reading import Known, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.containers.each import each_sidecar
from gpuecs_tui.stack.containers.references import secret_references
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.partitions import account_in, partition_of

TASK_SIZE, POLICY_SIZE, GROUP_LIMIT = "task-size", "policy-size", "group-limit"
TASK_BYTES = 65_536
"""Bytes of a task definition (ECS developer guide, "Amazon ECS service quotas", Task definition
size; the error names the figure: github.com/awsdocs/amazon-ecs-developer-guide/pull/149)."""
_UNSURE_BYTES = 1_024
"""Bytes that ECS may add to what is sent, such as empty lists; not documented."""
POLICY_CHARACTERS = 10_240
"""Characters, without white space, of all inline policies of a role (IAM user guide, "IAM and AWS
STS quotas")."""
GROUPS_AT_MOST = 16
"""Highest value of the quota for security groups per network interface (VPC user guide, "Amazon VPC
quotas")."""
AWSVPC_GROUPS = 5
"""Groups of a service in awsvpc mode; this can't be raised (ECS API reference,
AwsVpcConfiguration)."""
_ACCOUNT = "123456789012"
"""A placeholder with as many digits as an account id."""
_SECRET_ARN_PARTS = 7
"""Parts of a secret's ARN. Further parts select a JSON key and a version."""
_SPACE = re.compile(r"\s")


def task_size(context: Context) -> Iterator[Finding]:
    """A task definition may have 64 KiB of JSON. Environment and secrets use most of it."""
    task = context.stack.task
    size = _json_size(_task_definition(context.stack))
    if size + _UNSURE_BYTES <= TASK_BYTES:
        return
    sizes = {
        "task.environment": _json_size(task.environment),
        "task.secrets": _json_size(task.secrets),
        "task.command": _json_size(task.command),
        "sidecars.environment": _json_size(context.stack.sidecars.environment),
        "container.entry_point": _json_size(context.stack.container.entry_point),
        "container.labels": _json_size(context.stack.container.labels),
        "container_health.command": _json_size(context.stack.container_health.command),
    }
    key = max(sizes, key=lambda it: sizes[it])
    remedy = _("shorten {key}, or have the container read large values from S3").format(key=key)
    if size > TASK_BYTES:
        yield error(
            TASK_SIZE,
            key,
            _(
                "The task definition has {size} bytes of JSON, but ECS accepts at most {most}. The "
                "apply will fail."
            ).format(size=size, most=TASK_BYTES),
            remedy,
        )
    else:
        yield undecided(
            TASK_SIZE,
            key,
            _(
                "The task definition has {size} bytes of JSON. ECS accepts at most {most} and may "
                "add some. Whether ECS accepts this one is unknown."
            ).format(size=size, most=TASK_BYTES),
            remedy,
        )


def policy_size(context: Context) -> Iterator[Finding]:
    """The created execution role has one inline policy, which lists each secret twice."""
    stack = context.stack
    count = len(secret_references(stack))
    if stack.task.execution_role_arn or not count:
        return
    size = len(_SPACE.sub("", json.dumps(_secrets_policy(stack), separators=(",", ":"))))
    if size > POLICY_CHARACTERS:
        yield error(
            POLICY_SIZE,
            "task.secrets",
            _(
                "The execution role's policy for {count} secrets has {size} characters, but IAM "
                "accepts at most {most}. The apply will fail."
            ).format(count=count, size=size, most=POLICY_CHARACTERS),
            _("store several values in one secret and select each by its JSON key (ARN:KEY::)"),
        )


def group_limit(context: Context) -> Iterator[Finding]:
    """A network interface has at most 5 security groups, or up to 16 with a raised quota."""
    network, task = context.stack.network, context.stack.task
    chosen = {
        "network.load_balancer_security_group_ids": network.load_balancer_security_group_ids,
        "network.instance_security_group_ids": network.instance_security_group_ids,
    }
    quota = context.account.lookups.quotas.get(GROUPS_QUOTA, not_read())
    allowed = quota.value if isinstance(quota, Known) else GROUPS_PER_INTERFACE
    for key, groups in chosen.items():
        count = len({*groups})
        of_tasks = task.network_mode == "awsvpc" and key == "network.instance_security_group_ids"
        if of_tasks and count > AWSVPC_GROUPS:
            yield error(
                GROUP_LIMIT,
                key,
                _(
                    "{count} security groups are chosen, but ECS accepts at most {most} for a "
                    "service in awsvpc mode."
                ).format(count=count, most=AWSVPC_GROUPS),
                _("choose at most {most} security groups").format(most=AWSVPC_GROUPS),
            )
            continue
        if count <= allowed:
            continue
        message = _(
            "{count} security groups are chosen, but a network interface accepts at most {allowed} "
            "(quota {code})."
        ).format(count=count, allowed=allowed, code=GROUPS_QUOTA)
        remedy = _(
            "choose at most {allowed} security groups, or request an increase of quota {code}"
        )
        if isinstance(quota, Known) or count > GROUPS_AT_MOST:
            most = max(allowed, GROUPS_AT_MOST)
            if count > most:
                remedy = _(
                    "choose fewer security groups; quota {code} can't be increased above {most}"
                )
            yield error(
                GROUP_LIMIT,
                key,
                message,
                remedy.format(allowed=allowed, code=GROUPS_QUOTA, most=most),
            )
        else:
            yield warning(
                GROUP_LIMIT,
                key,
                _("{message} Could not read the account's quota: {reason}.").format(
                    message=message, reason=quota.reason
                ),
                remedy.format(allowed=allowed, code=GROUPS_QUOTA),
            )


def _json_size(tree: Any) -> int:
    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass"))


def _task_definition(stack: Stack) -> dict[str, Any]:
    """Return the request of RegisterTaskDefinition for ``stack``."""
    task = stack.task
    container: dict[str, Any] = {
        "name": task.container_name,
        "image": task.image,
        "essential": True,
        "cpu": task.container_cpu,
        "memory": task.container_memory,
        "command": list(task.command),
        "resourceRequirements": [{"type": "GPU", "value": str(task.gpus)}],
        "portMappings": [
            {
                "containerPort": task.container_port,
                "hostPort": task.host_port,
                "protocol": "tcp",
            }
        ],
        "environment": [{"name": it, "value": value} for it, value in task.environment.items()],
        "secrets": [{"name": it, "valueFrom": arn} for it, arn in task.secrets.items()],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": task.log_group,
                "awslogs-region": stack.stack.region,
                "awslogs-stream-prefix": task.log_stream_prefix,
            },
        },
        "mountPoints": [],
        "volumesFrom": [],
        "entryPoint": list(stack.container.entry_point),
        "dockerLabels": stack.container.labels,
        "healthCheck": {"command": list(stack.container_health.command)},
    }
    return {
        "family": stack.names.task_family,
        "networkMode": task.network_mode,
        "requiresCompatibilities": ["EC2"],
        "cpu": str(task.cpu),
        "memory": str(task.memory),
        "executionRoleArn": task.execution_role_arn or _role(stack, "execution"),
        "taskRoleArn": task.task_role_arn or _role(stack, "task"),
        "containerDefinitions": [container, *_sidecars(stack, container)],
    }


def _sidecars(stack: Stack, container: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for it in each_sidecar(stack.sidecars):
        yield {
            "name": it.name,
            "image": it.image,
            "essential": it.essential,
            "cpu": it.cpu,
            "memory": it.memory,
            "environment": [
                {"name": name, "value": it.environment[name]} for name in it.environment
            ],
            "logConfiguration": container["logConfiguration"],
        }


def _role(stack: Stack, part: str) -> str:
    partition, name = partition_of(stack.stack.region), stack.stack.name
    path = stack.stack.role_path
    return f"arn:{partition}:iam::{_ACCOUNT}:role{path}{name}-{part}-{stack.stack.region}"


def _secrets_policy(stack: Stack) -> dict[str, Any]:
    """Return the inline policy of the execution role, as in templates/iam.tf.j2."""
    region = stack.stack.region
    partition = partition_of(region)
    secrets: list[str] = []
    parameters: list[str] = []
    for value in secret_references(stack):
        if ":secretsmanager:" in value:
            secrets.append(":".join(value.split(":")[:_SECRET_ARN_PARTS]))
        elif ":" in value:
            parameters.append(value)
        else:
            name = value.removeprefix("/")
            parameters.append(f"arn:{partition}:ssm:{region}:{_ACCOUNT}:parameter/{name}")
    statements: list[dict[str, Any]] = []
    for action, context, arns in (
        ("secretsmanager:GetSecretValue", "SecretARN", [*dict.fromkeys(secrets)]),
        ("ssm:GetParameters", "PARAMETER_ARN", [*dict.fromkeys(parameters)]),
    ):
        if not arns:
            continue
        accounts = {_ACCOUNT, *(account_in(arn) for arn in arns)}
        keys = [f"arn:{partition}:kms:*:{account}:key/*" for account in sorted(accounts)]
        statements += [
            {"Effect": "Allow", "Action": action, "Resource": _one_or_all(arns)},
            {
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": _one_or_all(keys),
                "Condition": {
                    "StringEquals": {f"kms:EncryptionContext:{context}": _one_or_all(arns)}
                },
            },
        ]
    return {"Version": "2012-10-17", "Statement": statements}


def _one_or_all(items: list[str]) -> str | list[str]:
    """Return a list for several items and a string for one, as aws_iam_policy_document does."""
    return items[0] if len(items) == 1 else items
