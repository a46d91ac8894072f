"""The steps before Terraform destroys, worked out from the saved plan of a destroy.

Terraform's delete of a service waits until its tasks have drained, 20 minutes by default (AWS
provider, ``aws_ecs_service``, timeouts). Instances that are protected from scale-in keep an Auto
Scaling group from shrinking (EC2 Auto Scaling user guide, "Use instance scale-in protection").
Application Auto Scaling may raise the desired count again while the tasks stop, by an alarm or by a
schedule, unless it is suspended (Application Auto Scaling user guide, "Suspending and resuming
scaling"). The targets are the resources that the plan deletes, by the ARNs in it, never by a
derived name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.agent_config import AGENT_STOP_SECONDS
from gpuecs_tui.terraform.base.json_objects import objects
from gpuecs_tui.terraform.plan.details import Action, PlanTree, ResourceChange
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation

DEREGISTRATION_SECONDS = 300
"""The deregistration delay of a target group that sets none (ELB API reference,
TargetGroupAttribute)."""
SLACK_SECONDS = 60
"""Added to the wait for the tasks: the agent reports a stopped task to ECS some seconds later."""
T = TypeVar("T")
_DELETES = frozenset({Action.DELETE, Action.FORGET, Action.READ})
"""All actions of the plan of a complete destroy."""
_SERVICE_ARN = re.compile(
    r"arn:[\w-]+:ecs:(?P<region>[\w-]+):(?P<account>\d{12}):service/"
    r"(?P<cluster>[^/]+)/(?P<name>[^/]+)"
)
_TARGET_ARN = re.compile(
    r"arn:[\w-]+:application-autoscaling:(?P<region>[\w-]+):(?P<account>\d{12}):scalable-target/.+"
)
_TARGET_ID = re.compile(r"service/(?P<cluster>[^/]+)/(?P<name>[^/]+)")
_GROUP_ARN = re.compile(
    r"arn:[\w-]+:autoscaling:(?P<region>[\w-]+):(?P<account>\d{12}):autoScalingGroup:"
    r"[^:]+:autoScalingGroupName/(?P<name>.+)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource is, by its ARN."""

    region: str
    account: str
    """12 digits."""


@dataclass(frozen=True, slots=True)
class SuspendScaling:
    """Suspend the scaling of the tasks of a service."""

    place: Place
    cluster: str
    service: str

    @property
    def words(self) -> str:
        """Return the step in one sentence, with its target."""
        return _(
            "RegisterScalableTarget: task scaling suspended for the service {service} in the "
            "cluster {cluster}, so that neither an alarm nor a schedule raises its desired count."
        ).format(service=self.service, cluster=self.cluster)


@dataclass(frozen=True, slots=True)
class StopTasks:
    """Set the desired count of a service to 0, and wait until none of its tasks runs."""

    place: Place
    cluster: str
    service: str
    tasks: int
    """The desired count in the plan."""
    delay_seconds: int
    """The deregistration delay of its target groups, the longest; 0 without one."""
    stop_seconds: int
    """The time from SIGTERM to SIGKILL, the longest of its containers."""
    is_delay_assumed: bool = False
    """Whether the plan does not have the delay of a target group, so that it may be longer."""
    is_stop_assumed: bool = False
    """Whether the plan does not have the containers of the service's revision."""

    @property
    def patience(self) -> int:
        """Return the maximum number of seconds to wait for the tasks."""
        return self.delay_seconds + self.stop_seconds + SLACK_SECONDS

    @property
    def words(self) -> str:
        """Return the step in one sentence, with its target and its longest wait."""
        stop = ngettext("{n} task stops", "{n} tasks stop", self.tasks).format(n=self.tasks)
        return _(
            "UpdateService: desired count 0 for the service {service} in the cluster {cluster} "
            "({stop}). Then waits until no task runs, at most {time} s: deregistration delay "
            "{delay}, stop timeout {timeout}, and {slack} s for the report."
        ).format(
            service=self.service,
            cluster=self.cluster,
            stop=stop,
            time=self.patience,
            delay=_seconds_words(self.delay_seconds, is_assumed=self.is_delay_assumed),
            timeout=_seconds_words(self.stop_seconds, is_assumed=self.is_stop_assumed),
            slack=SLACK_SECONDS,
        )


@dataclass(frozen=True, slots=True)
class TakeProtectionOff:
    """Take the scale-in protection off the instances of an Auto Scaling group."""

    place: Place
    group: str
    is_forced: bool
    """The group has ``force_delete``."""

    @property
    def words(self) -> str:
        """Return the step in one sentence, with its target."""
        return _(
            "SetInstanceProtection: no scale-in protection for the protected instances of the "
            "Auto Scaling group {group}."
        ).format(group=self.group)


Step = SuspendScaling | StopTasks | TakeProtectionOff


def steps_of(run: Run, tree: PlanTree | None) -> tuple[Step, ...]:
    """Return the steps before the plan of ``run``, whose details are ``tree``, is applied.

    Empty unless it is a destroy of everything. Task scaling comes before a service, and a
    service before a group.
    """
    if run.operation is not Operation.DESTROY or tree is None or not tree.is_complete:
        return ()
    if any(it.action not in _DELETES for it in tree.changes):
        return ()
    gone = tree.by_action(Action.DELETE)
    return (*_targets(gone), *_services(gone), *_groups(gone))


def steps_in_words(steps: tuple[Step, ...]) -> list[str]:
    """Return the lines that an approval shows: a title, then the numbered steps."""
    if not steps:
        return []
    numbered = [f"{number}. {step.words}" for number, step in enumerate(steps, 1)]
    return [_("Before Terraform destroys:"), *numbered]


def _targets(gone: tuple[ResourceChange, ...]) -> Iterator[SuspendScaling]:
    for change in gone:
        if change.type != "aws_appautoscaling_target":
            continue
        found = _TARGET_ARN.fullmatch(_text(change, "arn"))
        service = _TARGET_ID.fullmatch(_text(change, "resource_id"))
        if found and service and _text(change, "service_namespace") == "ecs":
            place = Place(found["region"], found["account"])
            yield SuspendScaling(place, service["cluster"], service["name"])


def _services(gone: tuple[ResourceChange, ...]) -> Iterator[StopTasks]:
    for change in gone:
        # ECS refuses a desired count for a service that runs one task on each instance.
        if change.type != "aws_ecs_service" or _text(change, "scheduling_strategy") == "DAEMON":
            continue
        found = _SERVICE_ARN.fullmatch(_text(change, "id")) or _SERVICE_ARN.fullmatch(
            _text(change, "arn")
        )
        if found is None:
            continue
        count = change.before.get("desired_count")
        delays, stop = _delays(change, gone), _stop_timeout(change, gone)
        yield StopTasks(
            Place(found["region"], found["account"]),
            found["cluster"],
            found["name"],
            count if isinstance(count, int) else 0,
            max((DEREGISTRATION_SECONDS if it is None else it for it in delays), default=0),
            AGENT_STOP_SECONDS if stop is None else stop,
            is_delay_assumed=None in delays,
            is_stop_assumed=stop is None,
        )


def _groups(gone: tuple[ResourceChange, ...]) -> Iterator[TakeProtectionOff]:
    for change in gone:
        if change.type != "aws_autoscaling_group":
            continue
        if (found := _GROUP_ARN.fullmatch(_text(change, "arn"))) is None:
            continue
        place = Place(found["region"], found["account"])
        forced = change.before.get("force_delete") is True
        yield TakeProtectionOff(place, found["name"], forced)


def _seconds_words(seconds: int, *, is_assumed: bool) -> str:
    words = _("{n} s (assumed: not in the plan)") if is_assumed else _("{n} s")
    return words.format(n=seconds)


def _delays(service: ResourceChange, gone: tuple[ResourceChange, ...]) -> tuple[int | None, ...]:
    """Return the deregistration delays of the service's target groups, None for one that the plan
    does not have."""
    delays = {
        _text(it, "arn"): it.before.get("deregistration_delay")
        for it in gone
        if it.type == "aws_lb_target_group"
    }
    used = [str(it.get("target_group_arn")) for it in objects(service.before.get("load_balancer"))]
    return tuple(_seconds(delays.get(arn), None) for arn in used)


def _stop_timeout(service: ResourceChange, gone: tuple[ResourceChange, ...]) -> int | None:
    """Return the longest stop timeout of the containers; None if the plan does not have them."""
    revision = _text(service, "task_definition")
    for task in gone:
        if task.type == "aws_ecs_task_definition" and _text(task, "arn") == revision:
            try:
                containers = objects(json.loads(_text(task, "container_definitions")))
            except ValueError:
                # Masked, because a part of it is sensitive.
                continue
            stops = (_seconds(it.get("stopTimeout"), AGENT_STOP_SECONDS) for it in containers)
            return max(stops, default=AGENT_STOP_SECONDS)
    return None


def _seconds(value: object, default: T) -> int | T:
    # The AWS provider stores a deregistration delay as text.
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else default


def _text(change: ResourceChange, name: str) -> str:
    value = change.before.get(name)
    return value if isinstance(value, str) else ""
