"""Why further containers contradict each other or the task."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.containers.each import dependencies, each_sidecar
from gpuecs_tui.stack.containers.sidecars import CONTAINERS_MAX, ENDS
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.task import CONTAINER_MEMORY_MIN, PORT_MAX

_OF_NAMES = ("memory_mib", "cpu_units", "essential", "ports")


def sidecar_names(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield keys with names of no container, and containers without memory."""
    images = stack.sidecars.images
    if stack.task.container_name in images:
        yield (
            "sidecars.images",
            _("contains {name}, which is the service's container").format(
                name=stack.task.container_name
            ),
        )
    if len(images) >= CONTAINERS_MAX:
        yield (
            "sidecars.images",
            _("must have at most {most} containers").format(most=CONTAINERS_MAX - 1),
        )
    for part in _OF_NAMES:
        names = [name for name in getattr(stack.sidecars, part) if name not in images]
        yield from _strangers(f"sidecars.{part}", names)
    variables = {name.partition(".")[0] for name in stack.sidecars.environment}
    yield from _strangers("sidecars.environment", sorted(variables - images.keys()))
    if missing := [name for name in images if name not in stack.sidecars.memory_mib]:
        yield (
            "sidecars.memory_mib",
            _("must have a line for {name}, such as {name}=256").format(name=missing[0]),
        )


def sidecar_sizes(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield memory below Docker's minimum, and a sum of the containers' sizes above the task's (ECS
    API reference, ContainerDefinition, ``memory`` and ``cpu``)."""
    task, found = stack.task, each_sidecar(stack.sidecars)
    if not found:
        return
    for it in found:
        if it.name in stack.sidecars.memory_mib and it.memory < CONTAINER_MEMORY_MIN:
            yield (
                "sidecars.memory_mib",
                _("{name}: must be at least {low}").format(name=it.name, low=CONTAINER_MEMORY_MIN),
            )
    memory = task.container_memory + sum(it.memory for it in found)
    if memory > task.memory:
        yield (
            "sidecars.memory_mib",
            _("makes {sum} MiB with the service's container; the task has {most} MiB").format(
                sum=memory, most=task.memory
            ),
        )
    cpu = task.container_cpu + sum(it.cpu for it in found)
    if cpu > task.cpu:
        yield (
            "sidecars.cpu_units",
            _("makes {sum} CPU units with the service's container; the task has {most}").format(
                sum=cpu, most=task.cpu
            ),
        )


def sidecar_ports(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield ports out of range, or in use by another container of the task."""
    key, mode = "sidecars.ports", stack.task.network_mode
    bridge = mode == "bridge"
    own = stack.task.host_port if bridge else stack.task.container_port
    taken = {own} - {0}
    for it in each_sidecar(stack.sidecars):
        if max(it.port, it.host_port) > PORT_MAX:
            yield key, _("{name}: must be at most {most}").format(name=it.name, most=PORT_MAX)
        if it.host_port and not bridge:
            yield (
                key,
                _("{name}: must be PORT alone; HOST applies only in bridge mode").format(
                    name=it.name
                ),
            )
        port = it.host_port if bridge else it.port
        if port and port in taken:
            yield (
                key,
                _("{name}: another container of the task uses port {port}").format(
                    name=it.name, port=port
                ),
            )
        taken.add(port)


def sidecar_order(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield conditions that can't be met (ECS API reference, ContainerDependency)."""
    key, own = "sidecars.depends_on", stack.task.container_name
    names = {own, *stack.sidecars.images}
    yield from _strangers(key, [it for it in stack.sidecars.depends_on if it not in names])
    for name in stack.sidecars.depends_on:
        for other, condition in dependencies(stack.sidecars, name):
            if other not in names:
                yield from _strangers(key, [other])
            elif condition in ENDS and (other == own or other in stack.sidecars.essential):
                yield (
                    key,
                    _("{name}: {other} is essential, so it can't end before {name} starts").format(
                        name=name, other=other
                    ),
                )
            elif condition == "HEALTHY" and not (other == own and stack.container_health.command):
                yield (
                    key,
                    _("{name}: {other} has no health check in the container").format(
                        name=name, other=other
                    ),
                )
    if ring := _ring(stack):
        yield key, _("goes in a circle: {names}").format(names=" → ".join(ring))


def _strangers(key: str, names: list[str]) -> Iterator[tuple[str, str]]:
    if names:
        yield key, _("{name}: there is no container of this name").format(name=names[0])


def _ring(stack: Stack) -> list[str]:
    """Return the containers of a circle, the first one again at the end; empty if there is none."""
    for first in stack.sidecars.depends_on:
        ways = [[first]]
        while ways:
            way = ways.pop()
            for other, _condition in dependencies(stack.sidecars, way[-1]):
                if other == first:
                    return [*way, other]
                if other not in way:
                    ways.append([*way, other])
    return []
