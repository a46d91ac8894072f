"""Each further container of a task, with its options in one record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gpuecs_tui.stack.containers.sidecars import Sidecars

_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sidecar:
    """One further container."""

    name: str
    image: str
    memory: int
    """MiB; 0 if it is missing or invalid."""
    cpu: int
    """CPU units; 0 if none are reserved."""
    essential: bool
    port: int = 0
    """The port on which it listens; 0 if it has none."""
    host_port: int = 0
    """A fixed port of the instance in bridge mode; 0 for any free one."""
    depends_on: tuple[tuple[str, str], ...] = ()
    """Name of the other container, and the condition."""
    environment: Mapping[str, str] = field(default_factory=dict)


def each_sidecar(of: Sidecars) -> tuple[Sidecar, ...]:
    """Return the further containers in the order of their images."""
    return tuple(_sidecar(of, name, image) for name, image in of.images.items())


def dependencies(of: Sidecars, name: str) -> tuple[tuple[str, str], ...]:
    """Return the other containers for which the container ``name`` waits, with the conditions."""
    lines = [it.rpartition(":") for it in of.depends_on.get(name, "").split()]
    return tuple((other, condition) for other, _colon, condition in lines)


def number(text: str) -> int:
    """Return the decimal number ``text``; 0 for a value that is not one, which is a problem of its
    key."""
    return int(text) if _NUMBER.fullmatch(text) else 0


def _sidecar(of: Sidecars, name: str, image: str) -> Sidecar:
    host, _colon, port = of.ports.get(name, "").rpartition(":")
    prefix = f"{name}."
    return Sidecar(
        name=name,
        image=image,
        memory=number(of.memory_mib.get(name, "")),
        cpu=number(of.cpu_units.get(name, "")),
        essential=name in of.essential,
        port=number(port),
        host_port=number(host),
        depends_on=dependencies(of, name),
        environment={
            key.removeprefix(prefix): value
            for key, value in of.environment.items()
            if key.startswith(prefix)
        },
    )
