"""The names, ids and tags of what a destroy deleted, from the details of its plans."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gpuecs_tui.aws.leftovers import StackNames
from gpuecs_tui.terraform.base.json_objects import objects
from gpuecs_tui.terraform.plan.details import Action, load_plan
from gpuecs_tui.terraform.plan.revisions import TYPE, revisions_left
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus

_PLACE = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:([a-z0-9-]+):([0-9]{12}):")
_PLACED = (TYPE, "aws_ecs_service", "aws_autoscaling_group", "aws_lb_target_group")
"""Types whose ARNs have the Region and account of the service. Other resources of a directory, such
as a certificate, may be in another Region."""
_INSIGHTS = "/aws/ecs/containerinsights/{}/performance"
"""Log group that ECS creates for a cluster with Container Insights (CloudWatch user guide)."""

_Gone = tuple[str, Mapping[str, Any]]
"""Type and attributes of a deleted resource."""


def destroyed_names(runs: Iterable[Run]) -> StackNames:
    """Return what the destroys among ``runs`` (newest first) deleted since the last apply.

    A destroy that stopped half-way and the one that ended it count together. Empty if no details
    of a plan were recorded, or if the service's parts were in more than one account or Region.
    """
    runs = tuple(runs)
    gone = tuple(_gone(runs))
    arns = [str(it.get("arn", "")) for type_, it in gone if type_ in _PLACED]
    places = [found for arn in arns if (found := _PLACE.match(arn))]
    if len({it.groups() for it in places}) != 1:
        return StackNames()
    tasks = [it for type_, it in gone if type_ == TYPE]
    families = tuple(sorted({str(it["family"]) for it in tasks if it.get("family")}))
    return StackNames(
        region=places[0][1],
        account=places[0][2],
        families=families,
        revisions=frozenset(
            it
            for it in revisions_left(runs, region=places[0][1], account=places[0][2])
            if it.rpartition(":")[0] in families
        ),
        tags=next((_texts(it.get("tags_all")) for it in tasks), {}),
        groups=_values(gone, "aws_autoscaling_group", "name"),
        security_groups=_values(gone, "aws_security_group", "id"),
        volume_tags=next(_volume_tags(gone), {}),
        log_groups=dict(_log_groups(gone)),
    )


def _gone(runs: Sequence[Run]) -> Iterator[_Gone]:
    for run in runs:
        if run.operation is Operation.APPLY and run.state is RunStatus.SUCCEEDED:
            return
        tree = load_plan(run) if run.operation is Operation.DESTROY else None
        for change in tree.by_action(Action.DELETE) if tree else ():
            yield change.type, change.before


def _values(gone: Sequence[_Gone], type_: str, name: str) -> tuple[str, ...]:
    found = (it.get(name) for each, it in gone if each == type_)
    return tuple(dict.fromkeys(str(it) for it in found if it))


def _texts(tags: object) -> Mapping[str, str]:
    return {str(name): str(it) for name, it in tags.items()} if isinstance(tags, Mapping) else {}


def _volume_tags(gone: Sequence[_Gone]) -> Iterator[Mapping[str, str]]:
    for type_, it in gone:
        if type_ != "aws_launch_template":
            continue
        for block in objects(it.get("tag_specifications")):
            if block.get("resource_type") == "volume" and block.get("tags"):
                yield _texts(block["tags"])


def _log_groups(gone: Sequence[_Gone]) -> Iterator[tuple[str, bool]]:
    """Yield log group and whether the stack created it; ECS creates some for the stack."""
    for name in _used_log_groups(gone):
        yield name, False
    for name in _values(gone, "aws_cloudwatch_log_group", "name"):
        yield name, True
    for type_, it in gone:
        for each in objects(it.get("setting")) if type_ == "aws_ecs_cluster" else ():
            if each.get("name") == "containerInsights" and each.get("value") != "disabled":
                yield _INSIGHTS.format(it.get("name")), True


def _used_log_groups(gone: Sequence[_Gone]) -> Iterator[str]:
    for type_, it in gone:
        if type_ != TYPE:
            continue
        try:
            containers = json.loads(str(it.get("container_definitions") or "[]"))
        except ValueError:
            # Masked, because a value in it is sensitive.
            continue
        for container in objects(containers):
            logs = container.get("logConfiguration")
            options = logs.get("options") if isinstance(logs, Mapping) else None
            if isinstance(options, Mapping) and (name := options.get("awslogs-group")):
                yield str(name)
