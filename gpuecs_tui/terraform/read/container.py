"""The answers in ``container_definitions``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.containers.options import RESTART_PERIOD
from gpuecs_tui.stack.unread import Unread
from gpuecs_tui.terraform.hcl.tree import Opaque, Withheld
from gpuecs_tui.terraform.hcl.values import HclValue, UnknownValue
from gpuecs_tui.terraform.read.configuration import MISSING, Configuration, Missing, SourceLocation
from gpuecs_tui.terraform.read.rules import LOGS, SERVICE, TASK
from gpuecs_tui.terraform.read.sidecars import SIDECAR_KEYS, Sidecars

Answer = tuple[str, HclValue, SourceLocation, str]
"""Key, value, place, and name of the attribute."""

_WHAT = f"{TASK}.container_definitions"


def container_answers(configuration: Configuration) -> Iterator[Answer]:
    """Yield the answers in the load balancer's container, or in the only container.

    Reads ``jsonencode`` of objects and JSON strings. Yields nothing if there is no container.
    """
    placed = configuration.expression(TASK, "container_definitions")
    if placed is None:
        return
    place = placed[1]
    definitions = _definitions(configuration)
    container = _serving(definitions, configuration)
    if container is None:
        # One record for all keys: all of them are unknown.
        yield "task.container_name", configuration.scope.value(placed[0]), place, _WHAT
        return
    for key, name, value in _parts(container, configuration):
        yield key, value, place, f"{_WHAT}.{name}"
    sidecars, unread = _sidecars(configuration, definitions, container)
    if not unread:
        for key, value in sidecars.answers():
            yield key, list(value) if isinstance(value, tuple) else value, place, _WHAT


def further_containers(configuration: Configuration) -> Iterator[Unread]:
    """Yield the containers that no key covers, with the keys that depend on all containers."""
    placed = configuration.expression(TASK, "container_definitions")
    definitions = _definitions(configuration)
    container = _serving(definitions, configuration)
    if placed is None or container is None:
        return
    file, line = placed[1].file, placed[1].line or None
    for position, other in _sidecars(configuration, definitions, container)[1]:
        keys = ["task.container_cpu", "task.container_memory", *SIDECAR_KEYS]
        name: HclValue = str(position)
        if isinstance(other, dict):
            name = other.get("name", name)
            if other.get("resourceRequirements") not in (None, []):
                keys.append("task.gpus")
            if other.get("portMappings") not in (None, []):
                keys.append("task.host_port")
        else:
            keys += ["task.gpus", "task.host_port"]
        shown = name if isinstance(name, str) else position
        reason = _("is an additional container with parts that gpuecs-tui does not read")
        yield Unread(file, line, f"{_WHAT}[{shown}]", reason, tuple(keys))


def _sidecars(
    configuration: Configuration, definitions: HclValue, serving: dict[str, HclValue]
) -> tuple[Sidecars, list[tuple[int, HclValue]]]:
    """Return the further containers, and the position and value of those that no key covers."""
    found = Sidecars()
    unread: list[tuple[int, HclValue]] = []
    bridge = configuration.value(TASK, "network_mode") in ("bridge", MISSING)
    for position, other in enumerate(definitions if isinstance(definitions, list) else ()):
        if other is serving:
            name = serving.get("name")
            waits = found.waits(serving.get("dependsOn"))
            if waits is None or (waits and not isinstance(name, str)):
                unread.append((position, UnknownValue(Opaque("dependsOn"))))
            elif waits:
                found.depends_on[str(name)] = waits
        elif not found.take(other, serving.get("logConfiguration"), bridge=bridge):
            unread.append((position, other))
    return found, unread


def _definitions(configuration: Configuration) -> HclValue:
    definitions = configuration.value(TASK, "container_definitions")
    return _json(definitions) if isinstance(definitions, str) else definitions


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _serving(definitions: HclValue, configuration: Configuration) -> dict[str, HclValue] | None:
    if not isinstance(definitions, list):
        return None
    containers = [item for item in definitions if isinstance(item, dict)]
    wanted = configuration.value(SERVICE, "load_balancer.container_name")
    for container in containers:
        if container.get("name") == wanted:
            return container
    return containers[0] if len(containers) == 1 == len(definitions) else None


def _parts(
    container: dict[str, HclValue], configuration: Configuration
) -> Iterator[tuple[str, str, HclValue]]:
    """Yield key, name in the definition, and value; a missing value is ECS's default."""
    yield "task.container_name", "name", container.get("name", MISSING)
    yield "task.image", "image", container.get("image", MISSING)
    for name in ("cpu", "memory"):
        own = container.get(name)
        of_task = configuration.value(TASK, name)
        yield f"task.container_{name}", name, of_task if own is None else own
    yield "task.command", "command", _list(container.get("command"))
    served = configuration.value(SERVICE, "load_balancer.container_port")
    port = _mapping(container.get("portMappings"), served)
    yield "task.container_port", "portMappings", _part(port, "containerPort", served)
    yield "task.host_port", "portMappings", _part(port, "hostPort", 0)
    yield "task.gpus", "resourceRequirements", _gpus(container.get("resourceRequirements"))
    yield "task.environment", "environment", _table(container.get("environment"), "value")
    yield "task.secrets", "secrets", _table(container.get("secrets"), "valueFrom")
    linux = container.get("linuxParameters")
    added = _list(_part(_part(linux, "capabilities", None), "add", None))
    yield "task.capabilities", "linuxParameters.capabilities.add", added
    shared = _part(linux, "sharedMemorySize", 0)
    yield "task.shared_memory_mib", "linuxParameters.sharedMemorySize", shared
    init = _part(linux, "initProcessEnabled", False)
    yield "task.init_process", "linuxParameters.initProcessEnabled", init
    stop = container.get("stopTimeout")
    yield "task.stop_timeout_seconds", "stopTimeout", 0 if stop is None else stop
    yield from _process(container)
    yield from _health(container.get("healthCheck"))
    options = _part(container.get("logConfiguration"), "options", None)
    mode = _part(options, "mode", None)
    buffer = "0m" if mode is None else _part(options, "max-buffer-size", "0m")
    if isinstance(buffer, str) and buffer.endswith("m"):
        buffer = buffer.removesuffix("m")
    yield "task.log_buffer_mib", "logConfiguration.options.max-buffer-size", buffer
    group = _part(options, "awslogs-group", MISSING)
    if isinstance(group, UnknownValue) and group.reference.rpartition(".")[0] == LOGS:
        group = configuration.value(LOGS, "name")
    yield "task.log_group", "logConfiguration.options.awslogs-group", group
    prefix = _part(options, "awslogs-stream-prefix", MISSING)
    yield "task.log_stream_prefix", "logConfiguration.options.awslogs-stream-prefix", prefix


def _process(container: dict[str, HclValue]) -> Iterator[tuple[str, str, HclValue]]:
    path = "repositoryCredentials.credentialsParameter"
    secret = _part(container.get("repositoryCredentials"), "credentialsParameter", "")
    yield "container.registry_secret_arn", path, secret
    yield "container.entry_point", "entryPoint", _list(container.get("entryPoint"))
    directory = _part(container, "workingDirectory", "")
    yield "container.working_directory", "workingDirectory", directory
    yield "container.user", "user", _part(container, "user", "")
    yield "container.ulimits", "ulimits", _ulimits(container.get("ulimits"))
    yield "container.labels", "dockerLabels", _part(container, "dockerLabels", {})
    locked = _part(container, "readonlyRootFilesystem", False)
    yield "container.read_only_root", "readonlyRootFilesystem", locked
    policy = container.get("restartPolicy")
    yield "container.restart", "restartPolicy.enabled", _part(policy, "enabled", False)
    period = _part(policy, "restartAttemptPeriod", RESTART_PERIOD)
    path = "restartPolicy.restartAttemptPeriod"
    yield "container.restart_period_seconds", path, period
    codes = _part(policy, "ignoredExitCodes", [])
    if isinstance(codes, list):
        codes = [str(it) if _is_integer(it) else it for it in codes]
    yield "container.restart_ignored_exit_codes", "restartPolicy.ignoredExitCodes", codes


_CHECK = {
    "container_health.command": ("command", []),
    "container_health.interval_seconds": ("interval", 30),
    "container_health.timeout_seconds": ("timeout", 5),
    "container_health.retries": ("retries", 3),
    "container_health.start_period_seconds": ("startPeriod", 0),
}
"""Key → its member of a health check, and ECS's default (ECS API reference, HealthCheck)."""


def _health(check: HclValue) -> Iterator[tuple[str, str, HclValue]]:
    for key, (name, absent) in _CHECK.items():
        yield key, f"healthCheck.{name}", _part(check, name, absent)


def _ulimits(limits: HclValue) -> HclValue:
    if limits is None:
        return {}
    if not isinstance(limits, list):
        return limits
    found: dict[str, HclValue] = {}
    for each in limits:
        name = each.get("name") if isinstance(each, dict) else None
        if not isinstance(each, dict) or not isinstance(name, str):
            return UnknownValue(Opaque("ulimits"))
        both = [each.get("softLimit"), each.get("hardLimit")]
        if name in found or not all(_is_integer(it) for it in both):
            return UnknownValue(Opaque("ulimits"))
        found[name] = ":".join(map(str, both))
    return found


def _is_integer(value: HclValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _gpus(requirements: HclValue) -> HclValue:
    if isinstance(requirements, UnknownValue):
        return requirements
    if not isinstance(requirements, list):
        return MISSING
    if unknown := [item for item in requirements if isinstance(item, UnknownValue)]:
        return unknown[0]
    kinds = [item.get("type") for item in requirements if isinstance(item, dict)]
    wanted = [item for item in requirements if isinstance(item, dict) and item.get("type") == "GPU"]
    if len(wanted) > 1 or any(isinstance(kind, UnknownValue) for kind in kinds):
        # ECS documents one requirement for GPUs, with their number as its value.
        return UnknownValue(Withheld("", _("is not a single, known GPU requirement")))
    return _as_text(wanted[0].get("value", MISSING)) if wanted else MISSING


def _table(pairs: HclValue, value: str) -> HclValue:
    if pairs is None:
        return {}
    if not isinstance(pairs, list) or not all(
        isinstance(pair, dict) and isinstance(pair.get("name"), str) and value in pair
        for pair in pairs
    ):
        return pairs if isinstance(pairs, UnknownValue) else MISSING
    found = {pair["name"]: _as_text(pair[value]) for pair in pairs}
    return next((it for it in found.values() if _is_no_text(it)), found)


_NO_TEXT = "no text"


def _as_text(value: HclValue) -> HclValue:
    """Return a string unchanged, and an UnknownValue for any value that the provider rejects."""
    if isinstance(value, (str, UnknownValue, Missing)):
        return value
    return UnknownValue(Withheld(_NO_TEXT, _("is not a string, which ECS requires")))


def _is_no_text(value: HclValue) -> bool:
    expression = value.expression if isinstance(value, UnknownValue) else None
    return isinstance(expression, Withheld) and expression.text == _NO_TEXT


def _mapping(ports: HclValue, served: HclValue) -> HclValue:
    """Return the port mapping that the load balancer uses, or the only one."""
    if isinstance(ports, list) and len(ports) > 1:
        for port in ports:
            if isinstance(port, dict) and port.get("containerPort") == served:
                return port
        return UnknownValue(Opaque("portMappings"))
    return ports[0] if isinstance(ports, list) and ports else ports


def _part(value: HclValue, name: str, absent: HclValue) -> HclValue:
    """Return a part of an object; ``absent`` without an object, ``value`` if it is unknown."""
    if isinstance(value, UnknownValue):
        return value
    part = value.get(name) if isinstance(value, dict) else None
    return absent if part is None else part


def _list(value: HclValue) -> HclValue:
    return [] if value is None else value
