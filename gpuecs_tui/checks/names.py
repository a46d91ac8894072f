"""Rules name-limit and name-taken: what AWS refuses though Terraform's plan doesn't say so."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.facts import Named
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.task import LOG_GROUP_EXISTS

NAMES = ("stack.name", *(key for key in KEYS if key.startswith("names.")), "task.container_name")

DEFAULT_RETENTION = 30
"""Days; the key's own default, of which a created log group is sure."""

TAKEN = (
    ("names.cluster", "clusters", N_("an ECS cluster")),
    ("names.capacity_provider", "capacity_providers", N_("a capacity provider")),
    ("names.autoscaling_group", "autoscaling_groups", N_("an Auto Scaling group")),
    ("names.launch_template", "launch_templates", N_("a launch template")),
    ("names.load_balancer", "load_balancers", N_("a load balancer")),
    ("names.target_group", "target_groups", N_("a target group")),
)
"""Key, field of AccountFacts, and what it is, untranslated. A service's and a task family's name
only have to be new within the cluster, or not at all."""


def name_limit(context: Context) -> Iterator[Finding]:
    """Every name within AWS's own limits (aws.md, "Ranges")."""
    for key in NAMES:
        value = context.stack[key]
        if value and (reason := KEYS[key].problem(value)):
            yield error(
                "name-limit",
                key,
                _("AWS refuses the name {name}: it {reason}.").format(name=value, reason=reason),
                _("change {key}").format(key=key),
            )


def name_taken(context: Context) -> Iterator[Finding]:
    """Nothing of a name the stack creates may exist already, unless its own state holds it."""
    unread: dict[str, tuple[str, Unknown]] = {}
    for key, field, what in TAKEN:
        name = context.stack[key]
        if not isinstance(name, str) or not name:
            continue
        reading: Reading[tuple[Named, ...]] = getattr(context.account, field)
        if isinstance(reading, Unknown):
            unread.setdefault(str(reading), (key, reading))
            continue
        for it in reading.value:
            if it.name == name:
                yield from _clash(context, key, it, _(what))
    if isinstance(context.account.roles, Unknown):
        unread.setdefault(str(context.account.roles), ("stack.name", context.account.roles))
    yield from _roles(context)
    for key, reading in unread.values():
        yield unknown("name-taken", key, reading, _("Whether the name is taken can't be told"))
    yield from _log_group(context)


def _clash(context: Context, key: str, it: Named, what: str) -> Iterator[Finding]:
    message = _("{what} called {name} exists already.").format(
        what=what[:1].upper() + what[1:], name=it.name
    )
    remedy = _("choose another name, or import it into the stack's state")
    if context.owned is None:
        yield undecided(
            "name-taken",
            key,
            _("{message} Whether it is this stack's own can't be told.").format(message=message),
            remedy,
        )
    elif not context.owned & {it.name, it.arn}:
        yield error("name-taken", key, message, remedy)


def _roles(context: Context) -> Iterator[Finding]:
    stack, reading = context.stack, context.account.roles
    if not stack.stack.name or not isinstance(reading, Known):
        return
    created = (
        ("instance", stack.fleet.instance_profile_arn),
        ("execution", stack.task.execution_role_arn),
        ("task", stack.task.task_role_arn),
    )
    names = {
        f"{stack.stack.name}-{part}-{stack.stack.region}" for part, chosen in created if not chosen
    }
    for it in reading.value:
        if it.name in names:
            yield from _clash(context, "stack.name", Named(it.name, it.arn), _("an IAM role"))


def _log_group(context: Context) -> Iterator[Finding]:
    task = context.stack.task
    reading = context.account.lookups.log_groups.get(task.log_group)
    if not isinstance(reading, Known):
        return
    if task.log_retention_days == LOG_GROUP_EXISTS:
        if reading.value is None:
            yield error(
                "name-taken",
                "task.log_group",
                _("There is no log group {name}, and the stack is told not to create it.").format(
                    name=task.log_group
                ),
                fix=(("task.log_retention_days", DEFAULT_RETENTION),),
            )
    elif reading.value and context.owned is not None and task.log_group not in context.owned:
        yield error(
            "name-taken",
            "task.log_group",
            _("A log group called {name} exists already; creating it fails.").format(
                name=task.log_group
            ),
            fix=(("task.log_retention_days", LOG_GROUP_EXISTS),),
        )
