"""Rule role-permissions: existing roles have the permissions that the stack needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from gpuecs_tui.aws.reading import Known, Unknown, not_read
from gpuecs_tui.aws.role_needs import EXECUTION, RoleNeed, role_needs
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, unknown, warning
from gpuecs_tui.i18n import _

RULE = "role-permissions"


def role_permissions(context: Context) -> Iterator[Finding]:
    """Report the permissions that IAM's policy simulator denies to each existing role."""
    unread: dict[str, Unknown] = {}
    lacking: dict[tuple[str, bool], list[tuple[RoleNeed, tuple[str, ...]]]] = defaultdict(list)
    for need in role_needs(context.stack):
        if _is_foreign(context, need.role):
            continue  # The rule role-missing reports it.
        reading = context.account.lookups.denied_actions.get(need.id, not_read())
        if isinstance(reading, Unknown):
            unread.setdefault(need.field, reading)
        elif reading.value:
            lacking[need.field, need.shared].append((need, reading.value))
    for (field, shared), found in lacking.items():
        what = "; ".join(
            _("{actions} on {resource}").format(actions=", ".join(actions), resource=need.resource)
            for need, actions in found
        )
        message = _("Role {role} lacks permissions: {what}.").format(
            role=found[0][0].role.rpartition("/")[2], what=what
        )
        hurts = (
            _("Tasks will stop with ResourceInitializationError or CannotPullContainerError.")
            if field == EXECUTION
            else _("ECS Exec will fail with TargetNotConnectedException.")
        )
        remedy = _("attach a policy that allows this, or leave {key} empty to create a role")
        if shared:
            yield warning(
                RULE,
                field,
                _("{message} Unless the policy of the resource allows it: {hurts}").format(
                    message=message, hurts=hurts
                ),
                remedy.format(key=field),
            )
        else:
            yield error(RULE, field, f"{message} {hurts}", remedy.format(key=field))
    for field, reading in unread.items():
        what = _("Could not check the permissions of the role")
        yield unknown(RULE, field, reading, what)


def _is_foreign(context: Context, role: str) -> bool:
    identity = context.account.identity
    return isinstance(identity, Known) and identity.value.account not in role.split(":")
