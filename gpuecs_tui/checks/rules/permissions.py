"""Rule role-missing: roles, instance profile and key pair exist and trust whom they must."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.facts import Role
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, unknown
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.partitions import domain_of

RULE = "role-missing"
TASKS, INSTANCES = "ecs-tasks.amazonaws.com", "ec2.amazonaws.com"


def role_missing(context: Context) -> Iterator[Finding]:
    """What the stack refers to by name must be there; what it creates itself needn't."""
    for key in ("task.execution_role_arn", "task.task_role_arn"):
        if arn := str(context.stack[key]):
            yield from _role(context, key, arn)
    if context.stack.fleet.instance_profile_arn:
        yield from _profile(context, context.stack.fleet.instance_profile_arn)
    if context.stack.fleet.key_name:
        yield from _key_pair(context, context.stack.fleet.key_name)


def _role(context: Context, key: str, arn: str) -> Iterator[Finding]:
    reading = context.account.roles
    if foreign := _foreign(context, arn):
        yield error(RULE, key, foreign, _("take a role of this account, or leave it empty"))
    elif isinstance(reading, Unknown):
        what = _("Whether the role {arn} exists can't be told").format(arn=arn)
        yield unknown(RULE, key, reading, what)
    else:
        role = next((it for it in reading.value if it.arn == arn), None)
        if role is None:
            yield error(
                RULE,
                key,
                _("There is no role {arn}.").format(arn=arn),
                _("take one that exists, or leave it empty to have it created"),
                ((key, ""),),
            )
        elif TASKS not in role.trusts:
            yield _untrusted(key, role, TASKS)


def _profile(context: Context, arn: str) -> Iterator[Finding]:
    key = "fleet.instance_profile_arn"
    reading, roles = context.account.instance_profiles, context.account.roles
    if foreign := _foreign(context, arn):
        yield error(RULE, key, foreign, _("take a profile of this account, or leave it empty"))
        return
    if isinstance(reading, Unknown):
        what = _("Whether the instance profile {arn} exists can't be told").format(arn=arn)
        yield unknown(RULE, key, reading, what)
        return
    profile = next((it for it in reading.value if it.arn == arn), None)
    if profile is None or profile.role is None:
        there = (
            _("There is no instance profile {arn}.")
            if profile is None
            else _("The instance profile {arn} has no role: the ECS agent can't register.")
        )
        yield error(
            RULE,
            key,
            there.format(arn=arn),
            _("take one that exists, or leave it empty to have it created"),
            ((key, ""),),
        )
    elif isinstance(roles, Unknown):
        what = _("Whether EC2 instances may take the role {name} can't be told").format(
            name=profile.role
        )
        yield unknown(RULE, key, roles, what)
    else:
        role = next((it for it in roles.value if it.name == profile.role), None)
        # In China a role of instances trusts ec2.amazonaws.com.cn; that of tasks is the same
        # everywhere (IAM in China Regions, "Service principals").
        own = f"ec2.{domain_of(context.stack.stack.region)}"
        if role and not {own, INSTANCES} & {*role.trusts}:
            yield _untrusted(key, role, own)


def _key_pair(context: Context, name: str) -> Iterator[Finding]:
    key, reading = "fleet.key_name", context.account.key_pairs
    if isinstance(reading, Unknown):
        what = _("Whether the key pair {name} exists can't be told").format(name=name)
        yield unknown(RULE, key, reading, what)
    elif name not in {it.name for it in reading.value}:
        yield error(
            RULE,
            key,
            _("There is no key pair {name} in {region}: no instance starts.").format(
                name=name, region=context.account.region
            ),
            _("take one that exists, or leave it empty for SSM Session Manager"),
            ((key, ""),),
        )


def _foreign(context: Context, arn: str) -> str:
    """Say that ``arn`` is another account's: such a role can't be passed (iam:PassRole)."""
    identity = context.account.identity
    if not isinstance(identity, Known) or identity.value.account in arn.split(":"):
        return ""
    return _("{arn} belongs to another account than {account}.").format(
        arn=arn, account=identity.value.account
    )


def _untrusted(key: str, role: Role, service: str) -> Finding:
    return error(
        RULE,
        key,
        _("The role {name} doesn't trust {service}: it can't be used here.").format(
            name=role.name, service=service
        ),
        _("allow {service} to call sts:AssumeRole in its trust policy, or leave it empty").format(
            service=service
        ),
    )
