"""A stack: all decisions in one tree, shared by the answers file, the wizard, and Terraform.

``KEYS`` lists every dotted key with its declaration, in the order of the wizard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from gpuecs_tui.stack.balancer.load_balancer import HealthCheck, LoadBalancer
from gpuecs_tui.stack.containers.health import ContainerHealth
from gpuecs_tui.stack.containers.options import Container
from gpuecs_tui.stack.containers.sidecars import Sidecars
from gpuecs_tui.stack.fields import Key, Value, declared_key
from gpuecs_tui.stack.fleet import Fleet
from gpuecs_tui.stack.identity import Identity, Names, StateBackend
from gpuecs_tui.stack.monitoring.alarms import Alarms
from gpuecs_tui.stack.network import Network
from gpuecs_tui.stack.releases.strategy import healthy_percents
from gpuecs_tui.stack.scaling.autoscaling import COUNT, Autoscaling, most_tasks
from gpuecs_tui.stack.service import Service
from gpuecs_tui.stack.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """All decisions, with all defaults worked out (see ``resolve``)."""

    stack: Identity
    names: Names
    network: Network
    fleet: Fleet
    task: Task
    container: Container
    container_health: ContainerHealth
    sidecars: Sidecars
    service: Service
    autoscaling: Autoscaling
    load_balancer: LoadBalancer
    health_check: HealthCheck
    alarms: Alarms
    state: StateBackend

    def __getitem__(self, key: str) -> Value:
        """Return the value of a dotted key; KeyError if it does not exist."""
        if key not in KEYS:
            raise KeyError(key)
        section, name = key.split(".")
        value: Value = getattr(getattr(self, section), name)
        return value

    def flat(self) -> dict[str, Value]:
        """Return every value by its dotted key, in the order of ``KEYS``."""
        return {key: self[key] for key in KEYS}


SECTIONS: dict[str, type[Any]] = get_type_hints(Stack)
"""Section name → its dataclass, in order."""


def _keys() -> Iterator[tuple[str, Key]]:
    for section, kind in SECTIONS.items():
        for field in fields(kind):
            yield f"{section}.{field.name}", declared_key(field.metadata)


KEYS: Mapping[str, Key] = dict(_keys())


def build(values: Mapping[str, Value]) -> Stack:
    """Return a Stack with a value for every dotted key; TypeError names a missing key."""
    sections = {
        section: kind(
            **{
                field.name: values[f"{section}.{field.name}"]
                for field in fields(kind)
                if f"{section}.{field.name}" in values
            }
        )
        for section, kind in SECTIONS.items()
    }
    return Stack(**sections)


def peak_tasks(stack: Stack) -> int:
    """Return the most tasks that the service runs: with task scaling, its maximum.

    Terraform creates the service with its desired count, even above that maximum.
    """
    scaling, desired = stack.autoscaling, stack.service.desired_count
    if not scaling.enabled:
        return desired
    return max(desired, most_tasks(scaling.max_tasks, scaling.schedules))


def deployment_percents(stack: Stack) -> tuple[int, int]:
    """Return the least and the most tasks of a deployment, in percent of the desired count."""
    it = stack.service
    return healthy_percents(it.deployment_strategy, it.minimum_healthy_percent, it.maximum_percent)


def ignored_changes(stack: Stack) -> tuple[str, ...]:
    """Return the attributes of the service that Terraform ignores.

    With task scaling, the desired count is one of them.
    """
    ignored = stack.service.ignore_changes
    return (COUNT, *ignored) if stack.autoscaling.enabled else ignored
