"""What RegisterTaskDefinition refuses about a task's memory and secrets, and moto accepts.

docs/demo-account.md lists every refusal with its public source.
"""

from __future__ import annotations

import re
from typing import Any

from moto.ecs.exceptions import ECSException
from moto.ecs.responses import EC2ContainerServiceResponse

from gpuecs_tui.demo.moto_patches.patching import wrap

MIB_PER_GB = 1024
_MEMORY = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>GB)?", re.IGNORECASE)


def memory_of_a_task() -> None:
    """RegisterTaskDefinition accepts containers with more memory than their task."""

    def register(original: Any, self: EC2ContainerServiceResponse) -> Any:
        whole = _mib(self._get_param("memory"))
        containers = self._get_param("containerDefinitions") or ()
        for container in containers if whole else ():
            if (container.get("memory") or 0) > whole:
                raise ECSException(
                    "ClientException",
                    f"The 'memory' setting for container '{container.get('name')}' is greater "
                    "than for the task.",
                )
        reserved = sum(container.get("memoryReservation") or 0 for container in containers)
        if whole and reserved > whole:
            raise ECSException(
                "ClientException",
                "The sum of all container 'memoryReservation' values cannot be greater than the "
                "value of the task 'memory'.",
            )
        return original(self)

    wrap(EC2ContainerServiceResponse, "register_task_definition", register)


def reservation_above_memory() -> None:
    """RegisterTaskDefinition accepts a memory reservation above the container's memory."""

    def register(original: Any, self: EC2ContainerServiceResponse) -> Any:
        for container in self._get_param("containerDefinitions") or ():
            memory, reserved = container.get("memory"), container.get("memoryReservation")
            if memory and reserved and reserved > memory:
                raise ECSException(
                    "ClientException",
                    f"Invalid setting for container '{container.get('name')}'. 'memory' must be "
                    "greater than or equal to 'memoryReservation'.",
                )
        return original(self)

    wrap(EC2ContainerServiceResponse, "register_task_definition", register)


def secrets_without_a_role() -> None:
    """RegisterTaskDefinition accepts secrets without an execution role."""

    def register(original: Any, self: EC2ContainerServiceResponse) -> Any:
        containers = self._get_param("containerDefinitions") or ()
        if not self._get_param("executionRoleArn") and any(it.get("secrets") for it in containers):
            raise ECSException(
                "ClientException",
                "When you are specifying container secrets, you must also specify a value for "
                "'executionRoleArn'.",
            )
        return original(self)

    wrap(EC2ContainerServiceResponse, "register_task_definition", register)


def _mib(memory: object) -> float:
    """Return a task's memory in MiB, 0 if it is missing or unreadable."""
    found = _MEMORY.fullmatch(str(memory or "").strip())
    if found is None:
        return 0
    return float(found["number"]) * (MIB_PER_GB if found["unit"] else 1)


GAPS = (memory_of_a_task, reservation_above_memory, secrets_without_a_role)
