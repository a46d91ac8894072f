"""The decisions inside ``container_definitions``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gpuecs_tui.terraform.hcl_values import Known, Unknown
from gpuecs_tui.terraform.read_configuration import MISSING, Configuration, Place
from gpuecs_tui.terraform.read_rules import LOGS, SERVICE, TASK

Answer = tuple[str, Known, Place, str]
"""Key, value, place, and what it is called there."""

_WHAT = f"{TASK}.container_definitions"


def container_answers(configuration: Configuration) -> Iterator[Answer]:
    """Yield what the container of the load balancer, or the only one, decides.

    Takes ``jsonencode`` of objects and a text of JSON alike. Nothing where there is none.
    """
    placed = configuration.expression(TASK, "container_definitions")
    if placed is None:
        return
    expression, place = placed
    definitions = configuration.scope.value(expression)
    if isinstance(definitions, str):
        definitions = _json(definitions)
    container = _serving(definitions, configuration)
    if container is None:
        yield "task.container_name", Unknown(expression), place, _WHAT
        return
    for key, name, value in _parts(container, configuration):
        yield key, value, place, f"{_WHAT}.{name}"


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _serving(definitions: Known, configuration: Configuration) -> dict[str, Known] | None:
    if not isinstance(definitions, list):
        return None
    containers = [item for item in definitions if isinstance(item, dict)]
    wanted = configuration.value(SERVICE, "load_balancer.container_name")
    for container in containers:
        if container.get("name") == wanted:
            return container
    return containers[0] if len(containers) == 1 == len(definitions) else None


def _parts(
    container: dict[str, Known], configuration: Configuration
) -> Iterator[tuple[str, str, Known]]:
    """Yield key, name in the definition, and value. What ECS takes as absent is its default."""
    yield "task.container_name", "name", container.get("name", MISSING)
    yield "task.image", "image", container.get("image", MISSING)
    yield (
        "task.container_cpu",
        "cpu",
        container.get("cpu", configuration.value(TASK, "cpu")),
    )
    yield (
        "task.container_memory",
        "memory",
        container.get("memory", configuration.value(TASK, "memory")),
    )
    yield "task.command", "command", _list(container.get("command"))
    port = _first(container.get("portMappings"))
    served = configuration.value(SERVICE, "load_balancer.container_port")
    yield "task.container_port", "portMappings", port.get("containerPort", served)
    yield "task.host_port", "portMappings", port.get("hostPort", 0)
    yield "task.gpus", "resourceRequirements", _gpus(container.get("resourceRequirements"))
    yield "task.environment", "environment", _table(container.get("environment"), "value")
    yield "task.secrets", "secrets", _table(container.get("secrets"), "valueFrom")
    linux = _dict(container.get("linuxParameters"))
    added = _list(_dict(linux.get("capabilities")).get("add"))
    yield "task.capabilities", "linuxParameters.capabilities.add", added
    shared = linux.get("sharedMemorySize", 0)
    yield "task.shared_memory_mib", "linuxParameters.sharedMemorySize", shared
    init = linux.get("initProcessEnabled", False)
    yield "task.init_process", "linuxParameters.initProcessEnabled", init
    yield "task.stop_timeout_seconds", "stopTimeout", container.get("stopTimeout", 0)
    options = _dict(_dict(container.get("logConfiguration")).get("options"))
    buffer = options.get("max-buffer-size", "0m") if "mode" in options else "0m"
    if isinstance(buffer, str) and buffer.endswith("m"):
        buffer = buffer.removesuffix("m")
    yield "task.log_buffer_mib", "logConfiguration.options.max-buffer-size", buffer
    group = options.get("awslogs-group", MISSING)
    if isinstance(group, Unknown) and group.reference.rpartition(".")[0] == LOGS:
        group = configuration.value(LOGS, "name")
    yield "task.log_group", "logConfiguration.options.awslogs-group", group
    prefix = options.get("awslogs-stream-prefix", MISSING)
    yield "task.log_stream_prefix", "logConfiguration.options.awslogs-stream-prefix", prefix


def _gpus(requirements: Known) -> Known:
    if not isinstance(requirements, list):
        return MISSING
    wanted = [item for item in requirements if isinstance(item, dict) and item.get("type") == "GPU"]
    return wanted[0].get("value", MISSING) if wanted else MISSING


def _table(pairs: Known, value: str) -> Known:
    if pairs is None:
        return {}
    if not isinstance(pairs, list) or not all(
        isinstance(pair, dict) and isinstance(pair.get("name"), str) and value in pair
        for pair in pairs
    ):
        return pairs if isinstance(pairs, Unknown) else MISSING
    return {pair["name"]: pair[value] for pair in pairs}


def _first(items: Known) -> dict[str, Known]:
    return _dict(items[0]) if isinstance(items, list) and items else {}


def _dict(value: Known) -> dict[str, Known]:
    return value if isinstance(value, dict) else {}


def _list(value: Known) -> Known:
    return [] if value is None else value
