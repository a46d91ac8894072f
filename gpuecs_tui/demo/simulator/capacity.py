"""The emulated capacity provider: scales its Auto Scaling group for waiting tasks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gpuecs_tui.demo import timings
from gpuecs_tui.demo.model.placement import instances_for
from gpuecs_tui.demo.model.tasks import PlayedTask
from gpuecs_tui.demo.plays import active
from gpuecs_tui.demo.plays.placements import WITHOUT_SCALING
from gpuecs_tui.demo.simulator.fleet import SimulatedFleet, empty_room, launch_template_user_data

FROM_ZERO = 2
"""Instances that managed scaling starts from zero, even for one waiting task
(https://github.com/aws/containers-roadmap/issues/1716)."""


class Capacity:
    """Managed scaling of one region's capacity providers."""

    def __init__(self, ecs: Any, scaling: Any, fleet: SimulatedFleet) -> None:
        self._ecs, self._scaling, self._fleet = ecs, scaling, fleet
        self._idle: dict[str, float] = {}
        """Instance id → since when it has no tasks."""

    def play(self, tasks: Iterable[PlayedTask], distinct: frozenset[str]) -> None:
        """Scale every group; ``distinct`` are the task groups whose tasks need an instance each."""
        known = list(tasks)
        for provider in self._ecs.capacity_providers.values():
            details = provider.auto_scaling_group_provider
            group = self._group(details["autoScalingGroupArn"])
            if group is None or details["managedScaling"]["status"] != "ENABLED":
                continue
            own = [task for task in known if task.capacity_provider_name == provider.name]
            wanted = self._missing(group, own, distinct)
            held = active.is_on(*WITHOUT_SCALING) and (
                group.instance_states or active.is_on("provisioning")
            )
            if wanted and not held:
                self._grow(group, wanted, details["managedScaling"])
            elif not wanted and not active.is_on("protected"):
                self._shrink(group, own)

    def _group(self, arn: str) -> Any:
        groups = self._scaling.autoscaling_groups.values()
        return next((group for group in groups if group.arn == arn), None)

    def _missing(self, group: Any, tasks: list[PlayedTask], distinct: frozenset[str]) -> int:
        empty = empty_room(group.instance_type, launch_template_user_data(group))
        waiting: dict[str, list[PlayedTask]] = {}
        for task in tasks:
            long_enough = task.age >= timings.SCALE_OUT
            if task.live and task.container_instance_arn is None and long_enough:
                waiting.setdefault(task.group, []).append(task)
        needed = sum(
            instances_for(len(queue), queue[0].need, name, empty, name in distinct)
            for name, queue in waiting.items()
        )
        return max(0, needed - self._fleet.joining(group))

    def _grow(self, group: Any, wanted: int, scaling: dict[str, Any]) -> None:
        current = len(group.instance_states)
        step = max(wanted, scaling["minimumScalingStepSize"])
        if current == 0:
            step = max(step, FROM_ZERO)
        step = min(step, scaling["maximumScalingStepSize"])
        target = min(current + step, group.max_size)
        if target > current:
            group.set_desired_capacity(target)

    def _shrink(self, group: Any, tasks: list[PlayedTask]) -> None:
        busy = {task.container_instance_arn for task in tasks if task.last_status != "STOPPED"}
        now = timings.now()
        for state in list(group.instance_states):
            identity = state.instance.id
            arn = self._fleet.arn_of(identity)
            if arn is None or arn in busy:
                self._idle.pop(identity, None)
                continue
            since = self._idle.setdefault(identity, now)
            if now - since < timings.SCALE_IN or group.desired_capacity <= (group.min_size or 0):
                continue
            state.protected_from_scale_in = False
            # moto terminates the first unprotected instance, which must be this one.
            group.instance_states.remove(state)
            group.instance_states.insert(0, state)
            group.set_desired_capacity(group.desired_capacity - 1)
            del self._idle[identity]
            return
