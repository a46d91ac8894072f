"""Faults that change the account's own objects while they are on, and put them back.

Each function is called at every update of a Region; it changes an object once (``fault.done``) and
appends to ``fault.undo`` what restores it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.instances import StateReason

from gpuecs_tui.demo.model.tasks import PlayedTask
from gpuecs_tui.demo.moto_patches.launches import note_activity
from gpuecs_tui.demo.moto_patches.task_scaling import note_scaling
from gpuecs_tui.demo.plays import active
from gpuecs_tui.demo.plays.active import Activation
from gpuecs_tui.demo.simulator.fleet import SimulatedFleet

MOST_MORE_TASKS = 8
"""Tasks that ``asg-max`` adds at most until one of them has to wait."""
SPOT_TERMINATION = "Server.SpotInstanceTermination"
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html"""


@dataclass(frozen=True, slots=True)
class Account:
    """One Region's objects."""

    ecs: Any
    ec2: Any
    scaling: Any
    task_scaling: Any
    fleet: SimulatedFleet

    def services(self) -> Iterator[Any]:
        """Yield the active services that want tasks."""
        for service in self.ecs.services.values():
            if service.status == "ACTIVE" and service.deployments and service.desired_count:
                yield service

    def tasks(self, service: Any) -> list[PlayedTask]:
        """Return the service's tasks that run or are supposed to run."""
        known = self.ecs.tasks.get(service.cluster_name, {}).values()
        group = f"service:{service.name}"
        return [it for it in known if isinstance(it, PlayedTask) and it.group == group and it.live]

    def instances(self) -> Iterator[tuple[Any, Any, Any]]:
        """Yield group, its instance state and container instance of each instance that joined."""
        for group in self.scaling.autoscaling_groups.values():
            for state in group.instance_states:
                joined = self.fleet.joined(state.instance.id)
                if joined is not None:
                    yield group, state, joined

    def runs_tasks(self, instance: Any) -> bool:
        """Whether a running task is on a container instance."""
        arn = instance.container_instance_arn
        return any(
            task.container_instance_arn == arn and task.last_status == "RUNNING"
            for service in self.services()
            for task in self.tasks(service)
        )


def play(account: Account) -> None:
    """Play all faults that are on."""
    for fault, effect in active.of(EFFECTS):
        effect(account, fault)


def _restore(fault: Activation, thing: Any, name: str, value: Any) -> None:
    """Set an attribute until the fault ends; a value that a request sets meanwhile stays."""
    before = getattr(thing, name)
    setattr(thing, name, value)

    def undo() -> None:
        if getattr(thing, name) == value:
            setattr(thing, name, before)

    fault.undo.append(undo)


def _asg_max(account: Account, fault: Activation) -> None:
    for service in account.services():
        tasks = account.tasks(service)
        running = [it for it in tasks if it.last_status == "RUNNING"]
        more = sum(key.startswith(service.arn) for key in fault.done)
        if len(running) == service.desired_count and more < MOST_MORE_TASKS:
            for group in account.scaling.autoscaling_groups.values():
                if group.name not in fault.done and group.instance_states:
                    fault.done.add(group.name)
                    _restore(fault, group, "max_size", len(group.instance_states))
            fault.done.add(f"{service.arn} {more}")
            _restore(fault, service, "desired_count", service.desired_count + 1)


def _scaled_by_other(account: Account, fault: Activation) -> None:
    for service in account.services():
        if service.arn not in fault.done and account.tasks(service):
            fault.done.add(service.arn)
            count = service.desired_count + 1
            _restore(fault, service, "desired_count", count)
            alarm = f"TargetTracking-service/{service.cluster_name}/{service.name}-AlarmHigh"
            note_scaling(
                account.task_scaling,
                service.cluster_name,
                service.name,
                count,
                f"monitor alarm {alarm} in state ALARM triggered policy requests-per-target",
            )


def _interrupted(account: Account, fault: Activation) -> None:
    for group, state, joined in list(account.instances()):
        if group.name in fault.done or not account.runs_tasks(joined):
            continue
        fault.done.add(group.name)
        identity = state.instance.id
        account.fleet.interrupted.add(identity)
        account.ec2.terminate_instances([identity])
        message = f"{SPOT_TERMINATION}: Spot instance termination"
        state.instance.state_reason = StateReason(message, SPOT_TERMINATION)
        group.instance_states.remove(state)
        note_activity(
            group,
            f"Terminating EC2 instance: {identity}",
            f"At {utcnow():%Y-%m-%dT%H:%M:%SZ} an instance was taken out of service in response to "
            "an EC2 health check that indicated it has been terminated or stopped.",
        )


def _not_active(account: Account, fault: Activation) -> None:
    for _group, _state, joined in account.instances():
        if joined.id not in fault.done:
            fault.done.add(joined.id)
            _restore(fault, joined, "status", "DRAINING")


def _draining_hold(account: Account, fault: Activation) -> None:
    for group, state, joined in account.instances():
        if group.name in fault.done or not account.runs_tasks(joined):
            continue
        fault.done.add(group.name)
        _restore(fault, joined, "status", "DRAINING")
        _restore(fault, state, "lifecycle_state", "Terminating:Wait")


def _protected(account: Account, fault: Activation) -> None:
    for group, state, joined in list(account.instances()):
        if joined.id not in fault.done:
            fault.done.add(joined.id)
            _restore(fault, state, "protected_from_scale_in", True)
        if group.name not in fault.done:
            fault.done.add(group.name)
            size = len(group.instance_states)
            if size < group.max_size:
                group.set_desired_capacity(size + 1)


def _deregistered_revision(account: Account, fault: Activation) -> None:
    for service in account.services():
        current = account.ecs.describe_task_definition(service.task_definition)
        for revision in account.ecs.task_definitions.get(current.family, {}).values():
            if revision is not current and revision.arn not in fault.done:
                fault.done.add(revision.arn)
                _restore(fault, revision, "status", "INACTIVE")


def _agent_lost(account: Account, fault: Activation) -> None:
    for _group, _state, joined in account.instances():
        if joined.id not in fault.done:
            fault.done.add(joined.id)
            _restore(fault, joined, "agent_connected", False)


def _exec_off(account: Account, fault: Activation) -> None:
    for service in account.services():
        for task in account.tasks(service):
            if task.id not in fault.done:
                fault.done.add(task.id)
                _restore(fault, task, "enable_execute_command", False)


EFFECTS: Mapping[str, Callable[[Account, Activation], None]] = {
    "asg-max": _asg_max,
    "scaled-by-other": _scaled_by_other,
    "interrupted": _interrupted,
    "not-active": _not_active,
    "draining-hold": _draining_hold,
    "protected": _protected,
    "deregistered-revision": _deregistered_revision,
    "agent-lost": _agent_lost,
    "exec-off": _exec_off,
}
"""Fault → what it does at each update."""
