"""Rules name-limit and name-taken: names that AWS rejects although the plan accepts them."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace
from pathlib import Path

from gpuecs_tui.aws.facts import LOG_GROUP_PREFIX, InstanceProfile, LogGroup, Named, Role
from gpuecs_tui.aws.reading import Known, Reading, Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown, warning
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.state_facts import Begun, DeclaredImport
from gpuecs_tui.stack.task import LOG_GROUP_EXISTS

NAMES = ("stack.name", *(key for key in KEYS if key.startswith("names.")), "task.container_name")

DEFAULT_RETENTION = 30
"""Days of log retention that are the default of the key."""

TAKEN = (
    ("names.cluster", "clusters", N_("ECS cluster {name} already exists.")),
    (
        "names.capacity_provider",
        "capacity_providers",
        N_("Capacity provider {name} already exists."),
    ),
    (
        "names.autoscaling_group",
        "autoscaling_groups",
        N_("Auto Scaling group {name} already exists."),
    ),
    ("names.launch_template", "launch_templates", N_("Launch template {name} already exists.")),
    ("names.load_balancer", "load_balancers", N_("Load balancer {name} already exists.")),
    ("names.target_group", "target_groups", N_("Target group {name} already exists.")),
)
"""Key, field of AccountFacts, and the message, untranslated. The name of a service must be unique
only in its cluster, and that of a task family need not be unique."""
_ADDRESSES = {
    "names.cluster": "aws_ecs_cluster.this",
    "names.capacity_provider": "aws_ecs_capacity_provider.this",
    "names.autoscaling_group": "aws_autoscaling_group.this",
    "names.launch_template": "aws_launch_template.this",
    "names.load_balancer": "aws_lb.this",
    "names.target_group": "aws_lb_target_group.this",
}
"""Key → the address of the resource with that name in the stack's Terraform."""
_PROFILE, _LOG_GROUP = "aws_iam_instance_profile.this", "aws_cloudwatch_log_group.this"


def name_limit(context: Context) -> Iterator[Finding]:
    """Every name must be within the limits of AWS (docs/aws.md, "Ranges and names")."""
    for key in NAMES:
        value = context.stack[key]
        if value and (reason := KEYS[key].problem(value)):
            yield error(
                "name-limit",
                key,
                _("AWS rejects the name {name}: it {reason}.").format(name=value, reason=reason),
                _("change {key}").format(key=key),
            )


def name_taken(context: Context) -> Iterator[Finding]:
    """A name that the stack creates must be free, unless the stack's own state has the resource."""
    unread: dict[str, tuple[str, Unknown]] = {}
    for key, field, taken in TAKEN:
        name = context.stack[key]
        if not isinstance(name, str) or not name:
            continue
        reading: Reading[tuple[Named, ...]] = getattr(context.account, field)
        if isinstance(reading, Unknown):
            unread.setdefault(str(reading), (key, reading))
            continue
        for it in reading.value:
            if it.name == name:
                yield from _clash(context, key, it, _(taken), _ADDRESSES[key])
    yield from _of_iam(context, unread)
    group = _log_group_reading(context)
    creates = context.stack.task.log_retention_days != LOG_GROUP_EXISTS
    if isinstance(group, Unknown) and creates and context.stack.task.log_group:
        unread.setdefault(str(group), ("task.log_group", group))
    for key, reading in unread.values():
        yield unknown("name-taken", key, reading, _("Could not check whether the name is taken"))
    yield from _made_log_group(context, group) if creates else _own_log_group(context, group)


def _clash(context: Context, key: str, it: Named, taken: str, address: str) -> Iterator[Finding]:
    message = taken.format(name=it.name)
    remedy = _("choose another name, or import the resource into the stack's state")
    clash = error("name-taken", key, message, remedy)
    yield from _unless_own(context, clash, message, {it.name, it.arn}, address)


def _unless_own(
    context: Context, clash: Finding, message: str, identities: Set[str], address: str
) -> Iterator[Finding]:
    """Yield ``clash``, or ``message`` as undecided if the resource may be the stack's own.

    ``identities`` are the name and the ARN of the existing resource; ``address`` is the address of
    the stack's resource.
    """
    begun = context.state.begun.get(address)
    if context.owned is None:
        yield _undecided(context, clash.field, message)
    elif context.owned & identities:
        return
    elif (imported := context.state.imports.get(address)) is not None:
        yield _imported(clash.field, message, imported, address, identities)
    elif run := context.state.creating.get(address):
        yield _being_created(clash.field, message, run)
    elif begun is None or (begun.name and begun.name not in identities):
        yield clash
    elif begun.refused:
        yield _refused(clash, message, begun)
    else:
        yield _cut_off(clash.field, message, begun)


def _imported(
    key: str, message: str, imported: DeclaredImport, address: str, identities: Set[str]
) -> Finding:
    """Return a clash with a resource that an ``import`` block imports, or may import."""
    if imported.id in identities:
        return warning(
            "name-taken",
            key,
            _(
                "{message} {file} imports it as {address}. The next apply adds it to the stack and "
                "changes it to match the stack; destroying the stack deletes it."
            ).format(message=message, file=imported.file, address=address),
            _("to keep it unchanged, remove the import block and choose another name"),
        )
    return undecided(
        "name-taken",
        key,
        _("{message} Could not check whether the import block in {file} refers to it.").format(
            message=message, file=imported.file
        ),
        _("check the id that the plan shows for {address}").format(address=address),
    )


def _refused(clash: Finding, message: str, begun: Begun) -> Finding:
    """Return a clash because of which a run of this stack failed: the name was probably taken."""
    return replace(
        clash,
        message=_("{message} AWS refused to create another one in run {run} of this stack.").format(
            message=message, run=begun.run
        ),
        remedy=clash.remedy
        if clash.fix
        else _(
            "choose another name; if run {run} created it nevertheless, import it with gpuecs-tui "
            "state {directory} --recover"
        ).format(run=begun.run, directory=shell_word(Path(begun.directory))),
    )


def _being_created(key: str, message: str, run: str) -> Finding:
    """Return a clash with a resource that a run of this stack may be creating now."""
    return undecided(
        "name-taken",
        key,
        _(
            "{message} Run {run} of this stack is creating such a resource. Whether it is the same "
            "resource is unknown until the run ends."
        ).format(message=message, run=run),
        _("wait until the run ends"),
    )


def _cut_off(key: str, message: str, begun: Begun) -> Finding:
    """Return a clash with a resource that an interrupted run of this stack may have created."""
    return undecided(
        "name-taken",
        key,
        _(
            "{message} Run {run} of this stack started to create such a resource and did not "
            "record its ID. Whether it is the same resource is unknown."
        ).format(message=message, run=begun.run),
        _(
            "run a new plan, which looks for the resource and imports it; or import only the "
            "missing resources with gpuecs-tui state {directory} --recover"
        ).format(directory=shell_word(Path(begun.directory))),
    )


def _undecided(context: Context, key: str, message: str) -> Finding:
    """Return a clash with a resource that may be the stack's own, because the state is not read."""
    return undecided(
        "name-taken",
        key,
        _("{message} Could not check whether it belongs to this stack. {reason}")
        .format(message=message, reason=context.state.unread)
        .rstrip(),
        context.state.remedy,
    )


def _of_iam(context: Context, unread: dict[str, tuple[str, Unknown]]) -> Iterator[Finding]:
    """Report existing roles and an instance profile with the names that the stack creates."""
    stack = context.stack
    if not stack.stack.name:
        return
    role = _("IAM role {name} already exists.")
    profile = _("Instance profile {name} already exists.")
    own_profile = stack.fleet.instance_profile_arn
    created = (
        ("roles", "instance", own_profile, role, "aws_iam_role.instance"),
        ("roles", "execution", stack.task.execution_role_arn, role, "aws_iam_role.execution"),
        ("roles", "task", stack.task.task_role_arn, role, "aws_iam_role.task"),
        ("instance_profiles", "instance", own_profile, profile, _PROFILE),
    )
    for field, part, chosen, taken, address in created:
        if chosen:
            continue
        reading: Reading[tuple[Role | InstanceProfile, ...]] = getattr(context.account, field)
        if isinstance(reading, Unknown):
            unread.setdefault(str(reading), ("stack.name", reading))
            continue
        name = f"{stack.stack.name}-{part}-{stack.stack.region}"
        for it in reading.value:
            if it.name == name:
                named = Named(it.name, it.arn)
                yield from _clash(context, "stack.name", named, taken, address)


def _log_group_reading(context: Context) -> Reading[LogGroup | None]:
    """Return the stack's log group from the lookup, or from the list of ``/ecs/`` groups."""
    name, account = context.stack.task.log_group, context.account
    looked_up = account.lookups.log_groups.get(name)
    if looked_up is not None:
        return looked_up
    listed = account.log_groups
    if not isinstance(listed, Known) or not name.startswith(LOG_GROUP_PREFIX):
        return not_read()
    found = next((it for it in listed.value if it.name == name), None)
    return Known(found, listed.source, listed.read_at)


def _own_log_group(context: Context, reading: Reading[LogGroup | None]) -> Iterator[Finding]:
    name = context.stack.task.log_group
    if isinstance(reading, Unknown):
        what = _("Could not check whether log group {name} exists").format(name=name)
        yield unknown("name-taken", "task.log_group", reading, what)
    elif reading.value is None:
        yield error(
            "name-taken",
            "task.log_group",
            _(
                "Log group {name} does not exist, and the stack is configured not to create it."
            ).format(name=name),
            fix=(("task.log_retention_days", DEFAULT_RETENTION),),
        )


def _made_log_group(context: Context, reading: Reading[LogGroup | None]) -> Iterator[Finding]:
    name = context.stack.task.log_group
    if isinstance(reading, Unknown) or reading.value is None:
        return
    clash = error(
        "name-taken",
        "task.log_group",
        _("Log group {name} already exists. Creating it will fail.").format(name=name),
        fix=(("task.log_retention_days", LOG_GROUP_EXISTS),),
    )
    message = _("Log group {name} already exists.").format(name=name)
    yield from _unless_own(context, clash, message, {name}, _LOG_GROUP)
