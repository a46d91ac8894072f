"""The parts of DeploymentFacts: the calls that read each part, and the part that each one depends
on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gpuecs_tui.aws.deployment.ask import Ask
from gpuecs_tui.aws.deployment.fleet import read_activities, read_fleet
from gpuecs_tui.aws.deployment.history import (
    calls_for_history,
    read_history,
    read_task_scaling,
)
from gpuecs_tui.aws.deployment.instances import (
    calls_for_container_instances,
    calls_for_instances,
    read_container_instances,
    read_instances,
)
from gpuecs_tui.aws.deployment.schedule import Pace
from gpuecs_tui.aws.deployment.service import read_service
from gpuecs_tui.aws.deployment.targets import read_health_check, read_targets
from gpuecs_tui.aws.deployment.tasks import calls_for_tasks, read_tasks
from gpuecs_tui.aws.error_kinds import ProblemKind
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.i18n import _


def _one(_ask: Ask) -> int:
    return 1


@dataclass(frozen=True, slots=True)
class Part:
    """One field of DeploymentFacts."""

    name: str
    source: str
    """The main call of the part, as IAM names it; messages name it."""
    read: Callable[[Ask], Any]
    pace: Pace
    calls: Callable[[Ask], int] = _one
    """Maximum number of calls that it makes."""
    after: str = ""
    """The part whose result this one needs; empty if there is none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of reading a part."""

    reading: Reading[Any]
    problem: ProblemKind | None = None
    """The kind of problem of an Unknown; None if the call succeeded."""


PARTS: Mapping[str, Part] = {
    part.name: part
    for part in (
        Part("service", "ecs:DescribeServices", read_service, Pace.TASKS),
        Part("tasks", "ecs:DescribeTasks", read_tasks, Pace.TASKS, calls_for_tasks),
        Part(
            "health_check",
            "elasticloadbalancing:DescribeTargetGroups",
            read_health_check,
            Pace.SETTINGS,
        ),
        Part(
            "targets",
            "elasticloadbalancing:DescribeTargetHealth",
            read_targets,
            Pace.TASKS,
            after="health_check",
        ),
        Part("fleet", "autoscaling:DescribeAutoScalingGroups", read_fleet, Pace.FLEET),
        Part(
            "container_instances",
            "ecs:DescribeContainerInstances",
            read_container_instances,
            Pace.FLEET,
            calls_for_container_instances,
        ),
        Part("activities", "autoscaling:DescribeScalingActivities", read_activities, Pace.RECORDS),
        Part(
            "history",
            "ecs:ListServiceDeployments",
            read_history,
            Pace.RECORDS,
            calls_for_history,
        ),
        Part(
            "instances",
            "ec2:DescribeInstances",
            read_instances,
            Pace.RECORDS,
            calls_for_instances,
            after="fleet",
        ),
        Part(
            "task_scaling",
            "application-autoscaling:DescribeScalingActivities",
            read_task_scaling,
            Pace.RECORDS,
        ),
    )
}
"""Name → part, the most urgent first."""


def read_part(part: Part, ask: Ask) -> Answer:
    """Read one part; any problem makes it Unknown. Raises Closed."""
    try:
        return Answer(Known(part.read(ask), part.source, datetime.now(UTC)))
    except AwsProblem as problem:
        unknown = problem.as_unknown()
        if problem.kind == "denied":
            # The general remedy also names a field, and there is none for these facts.
            remedy = _("Ask for the permission {call}.").format(call=problem.call)
            unknown = Unknown(unknown.call, unknown.reason, remedy)
        return Answer(unknown, problem.kind)
    except (LookupError, TypeError, ValueError) as error:
        # An emulator or a proxy sent a response that AWS's API does not have.
        message = _("the response to {call} could not be parsed ({error})")
        reason = message.format(call=part.source, error=repr(error))
        return Answer(Unknown(part.source, reason, ""), "other")
