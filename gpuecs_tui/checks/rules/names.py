"""Rules name-limit and name-taken: what AWS refuses though Terraform's plan doesn't say so."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace

from gpuecs_tui.aws.facts import LOG_GROUP_PREFIX, InstanceProfile, LogGroup, Named, Role
from gpuecs_tui.aws.reading import Known, Reading, Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown, warning
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.state_facts import Begun, Import
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
_ADDRESSES = {
    "names.cluster": "aws_ecs_cluster.this",
    "names.capacity_provider": "aws_ecs_capacity_provider.this",
    "names.autoscaling_group": "aws_autoscaling_group.this",
    "names.launch_template": "aws_launch_template.this",
    "names.load_balancer": "aws_lb.this",
    "names.target_group": "aws_lb_target_group.this",
}
"""Key → the address of what gets the name in the stack's Terraform."""
_PROFILE, _LOG_GROUP = "aws_iam_instance_profile.this", "aws_cloudwatch_log_group.this"


def name_limit(context: Context) -> Iterator[Finding]:
    """Every name within AWS's own limits (docs/aws.md, "Ranges and names")."""
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
                yield from _clash(context, key, it, _(what), _ADDRESSES[key])
    yield from _of_iam(context, unread)
    group = _log_group_reading(context)
    creates = context.stack.task.log_retention_days != LOG_GROUP_EXISTS
    if isinstance(group, Unknown) and creates and context.stack.task.log_group:
        unread.setdefault(str(group), ("task.log_group", group))
    for key, reading in unread.values():
        yield unknown("name-taken", key, reading, _("Whether the name is taken can't be told"))
    yield from _made_log_group(context, group) if creates else _own_log_group(context, group)


def _clash(context: Context, key: str, it: Named, what: str, address: str) -> Iterator[Finding]:
    message = _("{what} called {name} exists already.").format(
        what=what[:1].upper() + what[1:], name=it.name
    )
    remedy = _("choose another name, or import it into the stack's state")
    clash = error("name-taken", key, message, remedy)
    yield from _unless_own(context, clash, message, {it.name, it.arn}, address)


def _unless_own(
    context: Context, clash: Finding, message: str, identities: Set[str], address: str
) -> Iterator[Finding]:
    """Yield ``clash``, or ``message`` as undecided where it may be with the stack's own resource.

    ``identities``: name and ARN of what has the name; ``address``: that of the stack's resource.
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
    key: str, message: str, imported: Import, address: str, identities: Set[str]
) -> Finding:
    """Return a clash with what an ``import`` block takes into the state, or may take."""
    if imported.id in identities:
        return warning(
            "name-taken",
            key,
            _(
                "{message} {file} imports it as {address}. The next apply makes it the stack's own "
                "and changes it to what the stack says; destroying the stack deletes it."
            ).format(message=message, file=imported.file, address=address),
            _("remove the import block and choose another name to leave it as it is"),
        )
    return undecided(
        "name-taken",
        key,
        _("{message} Could not check whether the import block in {file} means it.").format(
            message=message, file=imported.file
        ),
        _("check the id that the plan shows for {address}").format(address=address),
    )


def _refused(clash: Finding, message: str, begun: Begun) -> Finding:
    """Return a clash for which a run of this stack failed: the name was probably taken before."""
    return replace(
        clash,
        message=_("{message} AWS refused to create another one in run {run} of this stack.").format(
            message=message, run=begun.run
        ),
        remedy=clash.remedy
        if clash.fix
        else _(
            "choose another name; if run {run} created it all the same, import it with "
            "gpuecs-tui state {directory} --recover"
        ).format(run=begun.run, directory=begun.directory),
    )


def _being_created(key: str, message: str, run: str) -> Finding:
    """Return a clash with what a run of this stack may be creating right now."""
    return undecided(
        "name-taken",
        key,
        _(
            "{message} Run {run} of this stack is at work and creates one. Whether it is this one "
            "is unknown until the run has ended."
        ).format(message=message, run=run),
        _("wait until the run has ended"),
    )


def _cut_off(key: str, message: str, begun: Begun) -> Finding:
    """Return a clash with what a run of this stack had begun to create when it was cut off."""
    return undecided(
        "name-taken",
        key,
        _(
            "{message} Run {run} of this stack began to create one and did not record its id. "
            "Whether it is this one is unknown."
        ).format(message=message, run=begun.run),
        _(
            "plan: the next plan looks for it and imports it; or import what is missing alone with "
            "gpuecs-tui state {directory} --recover"
        ).format(directory=begun.directory),
    )


def _undecided(context: Context, key: str, message: str) -> Finding:
    """Return a clash with what may be the stack's own: nobody may rename or import it unread."""
    return undecided(
        "name-taken",
        key,
        _("{message} Whether it belongs to this stack is unknown. {reason}")
        .format(message=message, reason=context.state.unread)
        .rstrip(),
        context.state.remedy,
    )


def _of_iam(context: Context, unread: dict[str, tuple[str, Unknown]]) -> Iterator[Finding]:
    """Tell roles and the instance profile that are created with names of their own."""
    stack = context.stack
    if not stack.stack.name:
        return
    role, profile = _("an IAM role"), _("an instance profile")
    own_profile = stack.fleet.instance_profile_arn
    created = (
        ("roles", "instance", own_profile, role, "aws_iam_role.instance"),
        ("roles", "execution", stack.task.execution_role_arn, role, "aws_iam_role.execution"),
        ("roles", "task", stack.task.task_role_arn, role, "aws_iam_role.task"),
        ("instance_profiles", "instance", own_profile, profile, _PROFILE),
    )
    for field, part, chosen, what, address in created:
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
                yield from _clash(context, "stack.name", named, what, address)


def _log_group_reading(context: Context) -> Reading[LogGroup | None]:
    """Return what is known of the stack's log group: looked up, or from the list of ``/ecs/``."""
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
        what = _("Whether there is a log group {name} can't be told").format(name=name)
        yield unknown("name-taken", "task.log_group", reading, what)
    elif reading.value is None:
        yield error(
            "name-taken",
            "task.log_group",
            _("There is no log group {name}, and the stack is told not to create it.").format(
                name=name
            ),
            fix=(("task.log_retention_days", DEFAULT_RETENTION),),
        )


def _made_log_group(context: Context, reading: Reading[LogGroup | None]) -> Iterator[Finding]:
    name = context.stack.task.log_group
    if isinstance(reading, Unknown) or reading.value is None:
        return
    clash = error(
        "name-taken",
        "task.log_group",
        _("A log group called {name} exists already; creating it fails.").format(name=name),
        fix=(("task.log_retention_days", LOG_GROUP_EXISTS),),
    )
    message = _("A log group called {name} exists already.").format(name=name)
    yield from _unless_own(context, clash, message, {name}, _LOG_GROUP)
