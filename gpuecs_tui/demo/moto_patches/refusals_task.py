"""What RegisterTaskDefinition refuses about memory, secrets and options, and moto accepts.

docs/demo-account.md lists every refusal with its public source.
"""

from __future__ import annotations

import re
from typing import Any

from moto.ecs.exceptions import ECSException
from moto.ecs.responses import EC2ContainerServiceResponse

from gpuecs_tui.demo.moto_patches.patching import wrap

MIB_PER_GB = 1024
_CHECK_RANGES = {
    "interval": (5, 300),
    "timeout": (2, 60),
    "retries": (1, 10),
    "startPeriod": (0, 300),
}
_CHECK_DEFAULTS = {"interval": 30, "timeout": 5, "retries": 3}
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html"""
CONTAINERS = 10
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html"""
RESTART_PERIODS, EXIT_CODES = (60, 1800), 50
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerRestartPolicy.html"""
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
    """RegisterTaskDefinition accepts secrets and credentials without an execution role."""

    def register(original: Any, self: EC2ContainerServiceResponse) -> Any:
        containers = self._get_param("containerDefinitions") or ()
        if not self._get_param("executionRoleArn") and any(it.get("secrets") for it in containers):
            raise ECSException(
                "ClientException",
                "When you are specifying container secrets, you must also specify a value for "
                "'executionRoleArn'.",
            )
        if not self._get_param("executionRoleArn") and any(
            it.get("repositoryCredentials") for it in containers
        ):
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html
            raise ECSException(
                "ClientException",
                "When you are specifying repository credentials, you must also specify a value for "
                "'executionRoleArn'.",
            )
        return original(self)

    wrap(EC2ContainerServiceResponse, "register_task_definition", register)


def options_of_a_container() -> None:
    """RegisterTaskDefinition accepts any times of a container's health check and restarts."""

    def register(original: Any, self: EC2ContainerServiceResponse) -> Any:
        for container in self._get_param("containerDefinitions") or ():
            name = container.get("name")
            check = container.get("healthCheck") or {}
            for part, (low, high) in _CHECK_RANGES.items():
                if not low <= check.get(part, low) <= high:
                    raise ECSException(
                        "ClientException",
                        f"Container health check's {part} value of container '{name}' is invalid. "
                        f"It must be between {low} and {high}.",
                    )
            if check and (check.get("command") or [""])[0] not in ("CMD", "CMD-SHELL"):
                raise ECSException(
                    "ClientException",
                    f"Container health check's command of container '{name}' must start with CMD "
                    "or CMD-SHELL.",
                )
            policy = container.get("restartPolicy") or {}
            low, high = RESTART_PERIODS
            if not low <= policy.get("restartAttemptPeriod", low) <= high:
                raise ECSException(
                    "ClientException",
                    f"Restart attempt period of container '{name}' must be between {low} and "
                    f"{high} seconds.",
                )
            if len(policy.get("ignoredExitCodes") or ()) > EXIT_CODES:
                raise ECSException(
                    "ClientException",
                    f"Container '{name}' can have at most {EXIT_CODES} ignored exit codes.",
                )
            if check:
                # ECS returns the defaults, so that a configuration without them never settles:
                # https://github.com/terraform-aws-modules/terraform-aws-ecs/issues/148
                container["healthCheck"] = {**_CHECK_DEFAULTS, **check}
        return original(self)

    wrap(EC2ContainerServiceResponse, "register_task_definition", register)


def order_of_containers() -> None:
    """RegisterTaskDefinition accepts orders that can't be met, and any number of containers."""

    def register(original: Any, self: EC2ContainerServiceResponse) -> Any:
        containers = self._get_param("containerDefinitions") or ()
        if len(containers) > CONTAINERS:
            raise ECSException(
                "ClientException",
                f"A task definition can't have more than {CONTAINERS} containers.",
            )
        by_name = {it.get("name"): it for it in containers}
        if len(by_name) < len(containers):
            raise ECSException("ClientException", "The names of containers must be unique.")
        for container in containers:
            for each in container.get("dependsOn") or ():
                other = by_name.get(each.get("containerName"))
                if other is None or other is container:
                    raise ECSException(
                        "ClientException",
                        f"Container '{container.get('name')}' depends on the container "
                        f"'{each.get('containerName')}', which is not another one of the task.",
                    )
                ends = each.get("condition") in ("COMPLETE", "SUCCESS")
                if ends and other.get("essential", True):
                    # https://github.com/boto/boto3/issues/2436
                    raise ECSException(
                        "ClientException",
                        "A dependency container with SUCCESS or COMPLETE condition cannot be an "
                        "essential container",
                    )
        return original(self)

    wrap(EC2ContainerServiceResponse, "register_task_definition", register)


def _mib(memory: object) -> float:
    """Return a task's memory in MiB, 0 if it is missing or unreadable."""
    found = _MEMORY.fullmatch(str(memory or "").strip())
    if found is None:
        return 0
    return float(found["number"]) * (MIB_PER_GB if found["unit"] else 1)


GAPS = (
    memory_of_a_task,
    reservation_above_memory,
    secrets_without_a_role,
    options_of_a_container,
    order_of_containers,
)
