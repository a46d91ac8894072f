"""Rule role-missing: roles, their boundary, instance profile and key pair exist and can be used."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.facts import Role
from gpuecs_tui.aws.reading import Known, Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, unknown
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.partitions import account_in, domain_of

RULE = "role-missing"
TASKS, INSTANCES = "ecs-tasks.amazonaws.com", "ec2.amazonaws.com"


def role_missing(context: Context) -> Iterator[Finding]:
    """Resources that the stack refers to must exist, unless the stack creates them."""
    for key in ("task.execution_role_arn", "task.task_role_arn"):
        if arn := str(context.stack[key]):
            yield from _role(context, key, arn)
    if context.stack.fleet.instance_profile_arn:
        yield from _profile(context, context.stack.fleet.instance_profile_arn)
    if context.stack.stack.permissions_boundary:
        yield from _boundary(context, context.stack.stack.permissions_boundary)
    if context.stack.fleet.key_name:
        yield from _key_pair(context, context.stack.fleet.key_name)


def _role(context: Context, key: str, arn: str) -> Iterator[Finding]:
    reading = context.account.roles
    if foreign := _foreign(context, arn):
        yield error(RULE, key, foreign, _("choose a role in this account, or leave it empty"))
    elif isinstance(reading, Unknown):
        what = _("Could not check whether role {arn} exists").format(arn=arn)
        yield unknown(RULE, key, reading, what)
    else:
        role = next((it for it in reading.value if it.arn == arn), None)
        if role is None:
            yield error(
                RULE,
                key,
                _("Role {arn} does not exist.").format(arn=arn),
                _("choose an existing role, or leave it empty to create one"),
                ((key, ""),),
            )
        elif TASKS not in role.trusts:
            yield _untrusted(key, role, TASKS)


def _boundary(context: Context, arn: str) -> Iterator[Finding]:
    """Yield why no role can have ``arn`` as its boundary.

    IAM allows managed policies of the role's account and of AWS (IAM user guide, "Permissions
    boundaries for IAM entities"); the policies of AWS exist in every account.
    """
    key = "stack.permissions_boundary"
    reading = context.account.lookups.policies.get(arn, not_read())
    if account_in(arn) == "aws":
        return
    if foreign := _foreign(context, arn):
        yield error(RULE, key, foreign, _("choose a policy of this account, or leave it empty"))
    elif isinstance(reading, Unknown):
        what = _("Could not check whether policy {arn} exists").format(arn=arn)
        yield unknown(RULE, key, reading, what)
    elif not reading.value:
        yield error(
            RULE,
            key,
            _("Policy {arn} does not exist. IAM will reject the roles.").format(arn=arn),
            _("choose an existing policy, or leave it empty"),
            ((key, ""),),
        )


def _profile(context: Context, arn: str) -> Iterator[Finding]:
    key = "fleet.instance_profile_arn"
    reading, roles = context.account.instance_profiles, context.account.roles
    if foreign := _foreign(context, arn):
        yield error(
            RULE, key, foreign, _("choose an instance profile in this account, or leave it empty")
        )
        return
    if isinstance(reading, Unknown):
        what = _("Could not check whether instance profile {arn} exists").format(arn=arn)
        yield unknown(RULE, key, reading, what)
        return
    profile = next((it for it in reading.value if it.arn == arn), None)
    if profile is None or profile.role is None:
        there = (
            _("Instance profile {arn} does not exist.")
            if profile is None
            else _("Instance profile {arn} has no role. The ECS agent can't register.")
        )
        yield error(
            RULE,
            key,
            there.format(arn=arn),
            _("choose an existing instance profile, or leave it empty to create one"),
            ((key, ""),),
        )
    elif isinstance(roles, Unknown):
        what = _("Could not check whether EC2 instances may assume role {name}").format(
            name=profile.role
        )
        yield unknown(RULE, key, roles, what)
    else:
        role = next((it for it in roles.value if it.name == profile.role), None)
        # In China, a role of instances trusts ec2.amazonaws.com.cn; a role of tasks trusts the same
        # service everywhere (IAM in China Regions, "Service principals").
        own = f"ec2.{domain_of(context.stack.stack.region)}"
        if role and not {own, INSTANCES} & {*role.trusts}:
            yield _untrusted(key, role, own)


def _key_pair(context: Context, name: str) -> Iterator[Finding]:
    key, reading = "fleet.key_name", context.account.key_pairs
    if isinstance(reading, Unknown):
        what = _("Could not check whether key pair {name} exists").format(name=name)
        yield unknown(RULE, key, reading, what)
    elif name not in {it.name for it in reading.value}:
        yield error(
            RULE,
            key,
            _("Key pair {name} does not exist in {region}. No instances will start.").format(
                name=name, region=context.account.region
            ),
            _("choose an existing key pair, or leave it empty to use SSM Session Manager"),
            ((key, ""),),
        )


def _foreign(context: Context, arn: str) -> str:
    """Return that ``arn`` is in another account: such a role can't be passed (iam:PassRole)."""
    identity = context.account.identity
    if not isinstance(identity, Known) or identity.value.account in arn.split(":"):
        return ""
    return _("{arn} belongs to an account other than {account}.").format(
        arn=arn, account=identity.value.account
    )


def _untrusted(key: str, role: Role, service: str) -> Finding:
    return error(
        RULE,
        key,
        _("Role {name} doesn't trust {service}, so it can't be used here.").format(
            name=role.name, service=service
        ),
        _("allow {service} to call sts:AssumeRole in the trust policy, or leave it empty").format(
            service=service
        ),
    )
