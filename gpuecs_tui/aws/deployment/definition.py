"""Reads a task definition: what a task needs, and where its containers write their logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gpuecs_tui.aws.deployment.ask import maps
from gpuecs_tui.aws.session import AccountReader

AWSLOGS = "awslogs"
"""The log driver that writes to CloudWatch Logs."""


@dataclass(frozen=True, slots=True)
class ContainerDefinition:
    """One container of a task definition."""

    name: str
    log_driver: str = ""
    """Empty: the default of the instance's Docker daemon."""
    log_options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """One revision of a task definition."""

    name: str
    """Family and revision, such as ``demo:3``."""
    containers: tuple[ContainerDefinition, ...]
    gpus: int
    """GPUs that a task reserves."""
    memory: int
    """MiB that a task reserves on an instance."""


def read_definition(reader: AccountReader, name: str) -> TaskDefinition:
    """Return the revision ``name`` (``family:revision``). One call; raises AwsProblem."""
    answer = reader.call("ecs", "DescribeTaskDefinition", taskDefinition=name)
    it = answer["taskDefinition"]
    containers = maps(it, "containerDefinitions")
    memory = sum(
        int(each.get("memoryReservation") or each.get("memory") or 0) for each in containers
    )
    return TaskDefinition(
        name,
        tuple(_container(each) for each in containers),
        sum(_gpus(each) for each in containers),
        int(it.get("memory") or memory),
    )


def _container(it: Mapping[str, Any]) -> ContainerDefinition:
    logs = it.get("logConfiguration") or {}
    options = {str(name): str(value) for name, value in (logs.get("options") or {}).items()}
    return ContainerDefinition(it["name"], logs.get("logDriver", ""), options)


def _gpus(it: Mapping[str, Any]) -> int:
    needs = maps(it, "resourceRequirements")
    return sum(int(each["value"]) for each in needs if each.get("type") == "GPU")
