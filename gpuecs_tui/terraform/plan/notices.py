"""Changes in place that users or operators notice.

A change in place can close a port, and a launch template change may not affect running instances.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.kept_revision import (
    Ports,
    has_port,
    perhaps_refused_words,
    ports_of,
    refused_words,
    remedy_words,
    revision_name,
)
from gpuecs_tui.stack.remedies import as_sentence
from gpuecs_tui.terraform.base.addresses import without_key
from gpuecs_tui.terraform.base.own_files import MOVED_FILE
from gpuecs_tui.terraform.plan import (
    fleet_mix,
    release_notices,
    request_notices,
    role_path,
    vpc,
)
from gpuecs_tui.terraform.plan.details import Action, ChangedAttribute, PlanTree, ResourceChange
from gpuecs_tui.terraform.plan.words import PlanWarning
from gpuecs_tui.terraform.render.past_addresses import moves_for
from gpuecs_tui.terraform.runs.applied import is_of_present_files
from gpuecs_tui.terraform.runs.run import Run

CHANGE_NOTICED = "change-noticed"
"""Id of the rule in the list of failure modes."""
_SERVICE, _TASK = "aws_ecs_service", "aws_ecs_task_definition"
_GROUP, _PROVIDER = fleet_mix.GROUP, "aws_ecs_capacity_provider"
_LISTENER, _TEMPLATE = "aws_lb_listener", "aws_launch_template"
_TARGETS = "aws_lb_target_group"
_TASK_PORTS = ("tasks", "health_check")
"""Parts of the names of the rules between the load balancer and the tasks (network.tf)."""
_TEMPLATE_WORDS = {
    "instance_market_options": N_(
        "The market changes only for new instances. Running instances keep theirs until they "
        "are terminated. To replace them, run: aws autoscaling start-instance-refresh "
        "--region {region} --auto-scaling-group-name {group}"
    ),
    "image_id": N_("Only new instances use the new AMI. Running instances keep theirs."),
    "instance_type": N_(
        "Only new instances use the new instance type. Running instances stay until they are "
        "scaled in."
    ),
    "user_data": N_("Only new instances run the new user data. Running instances do not change."),
}


def notices(tree: PlanTree) -> tuple[PlanWarning, ...]:
    """Return a notice for each such change, in the order of the plan."""
    found: list[PlanWarning] = []
    for change in tree.changes:
        for look in _LOOKS:
            for words in look(change, tree):
                found.append(PlanWarning(CHANGE_NOTICED, change.address, words, ()))
    return tuple(dict.fromkeys(found))


def refusals(tree: PlanTree) -> tuple[str, ...]:
    """Return why the plan must not be applied, in sentences; empty if it may be.

    AWS is certain to reject it during the apply, or it destroys a resource that is only renamed.
    """
    return tuple(
        words for change in tree.changes for look in _REFUSED for words in look(change, tree)
    )


def ignored_values(run: Run, tree: PlanTree | None) -> tuple[PlanWarning, ...]:
    """Return where the plan of ``run``, whose details are ``tree``, ignores a value of the files.

    Reads the files. Files that have changed since the plan was created say nothing about it.
    """
    if tree is None or not tree.desired_counts or not is_of_present_files(run):
        return ()
    # Imported late: the parser is only needed for a plan with a service.
    from gpuecs_tui.terraform.hcl.tree import ReadProblem
    from gpuecs_tui.terraform.read.directory import read

    try:
        return ignored_count(tree, read(run.directory).answers)
    except (ReadProblem, OSError):
        return ()


def ignored_count(tree: PlanTree, answers: Mapping[str, object]) -> tuple[PlanWarning, ...]:
    """Return a notice if the plan keeps the number of tasks although ``answers`` differ.

    ``answers`` are the decisions in the files that were planned, by dotted key.
    """
    wanted, ignored = answers.get("service.desired_count"), answers.get("service.ignore_changes")
    if not isinstance(ignored, tuple) or "desired_count" not in ignored:
        return ()
    created = {it.address for it in tree.by_action(Action.CREATE)}
    return tuple(
        PlanWarning(
            CHANGE_NOTICED,
            address,
            _(
                "The desired count stays {count}: service.ignore_changes contains "
                "desired_count, so the value {wanted} of service.desired_count is ignored."
            ).format(count=count, wanted=wanted),
            (),
        )
        for address, count in tree.desired_counts.items()
        if count != wanted and address not in created
    )


def _count(change: ResourceChange, _tree: PlanTree) -> Iterator[str]:
    if change.type != _SERVICE or change.action is not Action.UPDATE:
        return
    count = _changed(change).get("desired_count")
    if count and count.before and count.after and count.after != request_notices.NO_TASKS:
        yield _(
            "The desired count changes from {old} to {new}. If another tool scales the "
            "tasks, add desired_count to service.ignore_changes."
        ).format(old=count.before, new=count.after)


def _listener(change: ResourceChange, _tree: PlanTree) -> Iterator[str]:
    if change.type != _LISTENER or change.action is not Action.UPDATE:
        return
    changed = _changed(change)
    if (port := changed.get("port")) and port.before and port.after:
        yield _("Port {old} of the load balancer closes and port {new} opens.").format(
            old=port.before, new=port.after
        )
    if (protocol := changed.get("protocol")) and protocol.after:
        yield _(
            "The listener protocol changes from {old} to {new}. Clients must use the new protocol."
        ).format(old=_bare(protocol.before), new=_bare(protocol.after))
    if (certificate := changed.get("certificate_arn")) and certificate.before and certificate.after:
        yield _(
            "The certificate changes from {old} to {new}. Clients fail if the new "
            "certificate does not cover the name that they use."
        ).format(old=_bare(certificate.before), new=_bare(certificate.after))


def _ports(change: ResourceChange, tree: PlanTree) -> Iterator[str]:
    if not change.type.startswith("aws_vpc_security_group_") or change.action is not Action.UPDATE:
        return
    between = any(f"{part}_from_load_balancer" in change.address or f"_to_{part}" in change.address
                  for part in _TASK_PORTS)  # fmt: skip
    ports = _changed(change).keys() & {"from_port", "to_port"}
    if between and ports and any(it.type == _SERVICE for it in tree.changes):
        yield _(
            "Requests fail from the moment the old ports are closed until new tasks are healthy: "
            "instance start, image pull and model load."
        )


def _template(change: ResourceChange, tree: PlanTree) -> Iterator[str]:
    if change.type != _TEMPLATE or change.action is not Action.UPDATE:
        return
    group = next((it for it in tree.changes if it.type == _GROUP), None)
    if group and (group.action is Action.REPLACE or fleet_mix.refreshes(group)):
        return
    changed = _roots(change)
    if group and fleet_mix.begins(group):
        # From now on, the group's policy has them.
        changed -= {"instance_type", "instance_market_options"}
    name = group.before.get("name") if group else None
    for root, words in _TEMPLATE_WORDS.items():
        if root in changed:
            yield _(words).format(
                group=shell_word(name or "NAME"), region=shell_word(_region(change))
            )


def _region(change: ResourceChange) -> str:
    """Return the Region in the ARN of a resource; ``REGION`` if it has none."""
    parts = str(change.before.get("arn", "")).split(":")
    return parts[3] if len(parts) > 3 and parts[3] else "REGION"


def _protection(change: ResourceChange, _tree: PlanTree) -> Iterator[str]:
    if change.type != _PROVIDER or change.action is not Action.UPDATE:
        return
    path = "auto_scaling_group_provider[0].managed_termination_protection"
    protection = _changed(change).get(path)
    if protection and protection.after == '"DISABLED"':
        yield _(
            "Running instances stay protected from scale-in. ECS no longer removes that "
            "protection, so they are never terminated by scale-in. To remove it, run: aws "
            "autoscaling set-instance-protection --region {region} --no-protected-from-scale-in "
            "--auto-scaling-group-name NAME --instance-ids ID…"
        ).format(region=shell_word(_region(change)))


def _revision(change: ResourceChange, tree: PlanTree) -> Iterator[str]:
    if change.type != _TASK or change.action is not Action.REPLACE:
        return
    kept = _changed(change).get("skip_destroy")
    if kept and kept.before != "true":
        yield _(
            "This apply deregisters the current task definition revision, so nothing can be "
            "rolled back to it. To keep it, first apply the stack without any other change."
        )
    service = next((it for it in tree.changes if it.type == _SERVICE), None)
    if service is None or (
        service.action is Action.UPDATE and "task_definition" not in _changed(service)
    ):
        yield _(
            "The service keeps its current task definition revision: service.ignore_changes "
            "contains task_definition. Deploy the new revision with your own tool."
        )


def _untied(change: ResourceChange, tree: PlanTree) -> Iterator[str]:
    if change.action is not Action.DELETE or change.address not in (
        "aws_security_group.instances", "aws_iam_instance_profile.this",
    ):  # fmt: skip
        return
    if not any(it.type == _GROUP and it.action is not Action.UPDATE for it in tree.changes):
        yield _(
            "Running instances still use it and are not replaced by this apply. They lose "
            "their network or their credentials, and AWS may refuse to delete it. First "
            "apply the stack without any other change: that ties the instances to it."
        )


def _same_name(change: ResourceChange, _tree: PlanTree) -> Iterator[str]:
    if change.type == _TARGETS and change.create_first and "name" not in _changed(change):
        yield _(
            "AWS rejects this change: the new target group has the name of the old one, and "
            "both exist for some time. Set names.target_group to another name, or leave it "
            "out."
        )


def _guarded(change: ResourceChange, _tree: PlanTree) -> Iterator[str]:
    if protects(change):
        yield _(
            "AWS rejects this change: the load balancer has deletion protection. Set "
            "load_balancer.deletion_protection to false and apply that first."
        )


def _foreign_container(change: ResourceChange, tree: PlanTree) -> Iterator[str]:
    """Yield why AWS rejects a container or port that the kept revision does not have."""
    wanted, kept = _targets_wanted(change), _kept_revision(change, tree)
    if wanted and kept is not None and _lacks(kept[1], change):
        words = refused_words(wanted, kept[0])
        yield f"{words} {as_sentence(remedy_words())}"


def _perhaps_foreign_container(change: ResourceChange, tree: PlanTree) -> Iterator[str]:
    """Yield the same if the kept revision is not in the plan, because it is not the state's."""
    wanted = _targets_wanted(change)
    if wanted and _kept_revision(change, tree) is None:
        yield f"{perhaps_refused_words(wanted)} {as_sentence(remedy_words())}"


def _targets_wanted(change: ResourceChange) -> dict[str, str]:
    """Return the new container and port of an updated service that keeps its revision."""
    if change.type != _SERVICE or change.action is not Action.UPDATE:
        return {}
    changed = _changed(change)
    if "task_definition" in changed:
        return {}
    paths = {part: f"load_balancer[0].{part}" for part in ("container_name", "container_port")}
    return {part: _bare(changed[path].after) for part, path in paths.items() if path in changed}


def _kept_revision(change: ResourceChange, tree: PlanTree) -> tuple[str, Ports] | None:
    """Return name and ports of the revision that a service keeps; None if it is not in the plan."""
    runs = revision_name(str(change.before.get("task_definition", "")))
    for task in tree.changes:
        if task.type == _TASK and revision_name(str(task.before.get("arn", ""))) == runs != "":
            # Masked where a part of it is sensitive.
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                definitions = json.loads(task.before["container_definitions"])
                return runs, ports_of(definitions)
    return None


def _lacks(ports: Ports, change: ResourceChange) -> bool:
    present = change.before.get("load_balancer")
    first = present[0] if isinstance(present, list) and present else {}
    after = {**first, **_targets_wanted(change)}
    name, port = str(after.get("container_name")), str(after.get("container_port"))
    return name not in ports or (port.isdecimal() and not has_port(ports, name, int(port)))


def _renamed_only(change: ResourceChange, tree: PlanTree) -> Iterator[str]:
    """Yield why a plan is refused that destroys the earlier version's listener because of its new
    name.

    The directory did not show that the state is an earlier one, so there is no ``moved`` block: the
    state is in S3, and moved.tf was lost or the files were written elsewhere.
    """
    if change.address != f"{_LISTENER}.this" or change.action is not Action.DELETE:
        return
    gone = {without_key(it.address): str(it.before.get("protocol", ""))
            for it in tree.by_action(Action.DELETE)}  # fmt: skip
    created = {without_key(it.address) for it in tree.by_action(Action.CREATE)}
    moves = [(old, new) for old, new in sorted(moves_for(gone)) if new in created]
    if not moves:
        return
    blocks = " ".join(f"moved {{ from = {old}, to = {new} }}" for old, new in moves)
    yield _(
        "The plan destroys the listener and creates it again, because the state has the "
        "names of an earlier version of gpuecs-tui. To keep it, add this to {file}, one "
        "argument per line, and plan again: {blocks}"
    ).format(file=MOVED_FILE, blocks=blocks)


def protects(change: ResourceChange) -> bool:
    """Tell whether a change would delete a load balancer that AWS protects."""
    gone = change.action in (Action.DELETE, Action.REPLACE)
    protected = change.before.get("enable_deletion_protection") is True
    return change.type == "aws_lb" and gone and protected


_Look = Callable[[ResourceChange, PlanTree], Iterator[str]]
_REFUSED: tuple[_Look, ...] = (
    _same_name, _guarded, _foreign_container, _renamed_only, vpc.moved,
    role_path.moved,
)  # fmt: skip
_LOOKS: tuple[_Look, ...] = (
    request_notices.no_tasks, _count, _listener, request_notices.redirected, _protection,
    request_notices.health_check, _ports, _template, fleet_mix.switched, fleet_mix.refreshed,
    _revision, _untied, _perhaps_foreign_container, release_notices.switched,
    release_notices.replaced_rule, *_REFUSED,
)  # fmt: skip


def _changed(change: ResourceChange) -> dict[str, ChangedAttribute]:
    return {it.path: it for it in change.attributes}


def _roots(change: ResourceChange) -> set[str]:
    return {it.path.partition("[")[0].partition(".")[0] for it in change.attributes}


def _bare(text: str | None) -> str:
    return (text or "").strip('"')
