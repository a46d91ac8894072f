"""The further containers in ``container_definitions``: as answers, or as what is not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.terraform.hcl.values import HclValue

SIDECAR_KEYS = tuple(key for key in KEYS if key.startswith("sidecars."))
_EMPTY: tuple[HclValue, ...] = (None, [], {})
_COVERED = frozenset({
    "name", "image", "essential", "cpu", "memory", "dependsOn", "portMappings", "environment",
    "logConfiguration",
})  # fmt: skip
"""Members of a container that the keys of further containers cover."""


@dataclass
class Sidecars:
    """The further containers of a task as answers."""

    images: dict[str, str] = field(default_factory=dict)
    memory_mib: dict[str, str] = field(default_factory=dict)
    cpu_units: dict[str, str] = field(default_factory=dict)
    essential: list[str] = field(default_factory=list)
    depends_on: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    ports: dict[str, str] = field(default_factory=dict)

    def answers(self) -> Iterator[tuple[str, Value]]:
        """Yield each key of further containers with its value."""
        for key in SIDECAR_KEYS:
            value = getattr(self, key.partition(".")[2])
            yield key, tuple(value) if isinstance(value, list) else value

    def take(self, container: HclValue, log: HclValue, *, bridge: bool) -> bool:
        """Add a further container; return False if a key doesn't cover a part of it.

        ``log`` is the log configuration of the service's container, which every container has.
        """
        if not isinstance(container, dict) or container.get("logConfiguration") != log:
            return False
        name, image = container.get("name"), container.get("image")
        if not isinstance(name, str) or not isinstance(image, str) or name in self.images:
            return False
        others = [it for key, it in container.items() if key not in _COVERED]
        essential = container.get("essential", True)
        memory, cpu = container.get("memory"), container.get("cpu", 0)
        port = _port(container.get("portMappings"), bridge=bridge)
        waits = self.waits(container.get("dependsOn"))
        variables = _variables(container.get("environment"))
        if (
            any(it not in _EMPTY for it in others)
            or not isinstance(essential, bool)
            or not _is_size(memory)
            or not _is_size(cpu)
            or port is None
            or waits is None
            or variables is None
        ):
            return False
        self.images[name], self.memory_mib[name] = image, str(memory)
        self.cpu_units |= {name: str(cpu)} if cpu else {}
        self.essential += [name] if essential else []
        self.ports |= {name: port} if port else {}
        self.depends_on |= {name: waits} if waits else {}
        self.environment |= {f"{name}.{key}": value for key, value in variables.items()}
        return True

    @staticmethod
    def waits(dependencies: HclValue) -> str | None:
        """Return the containers that a container waits for, as an answer; None if unknown."""
        found = []
        for each in _items(dependencies) or ():
            other, condition = each.get("containerName"), each.get("condition")
            if not isinstance(other, str) or not isinstance(condition, str):
                return None
            found.append(f"{other}:{condition}")
        return None if _items(dependencies) is None else " ".join(found)


def _items(value: HclValue) -> Sequence[Mapping[str, HclValue]] | None:
    """Return the objects of a list; None if there is anything else."""
    if value is None:
        return ()
    if not isinstance(value, list):
        return None
    found = [it for it in value if isinstance(it, dict)]
    return found if len(found) == len(value) else None


def _is_size(value: HclValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _port(mappings: HclValue, *, bridge: bool) -> str | None:
    """Return the port of a container as an answer, empty without a port; None if not covered."""
    items = _items(mappings)
    if items is None or len(items) > 1:
        return None
    if not items:
        return ""
    (mapping,) = items
    port, host = mapping.get("containerPort"), mapping.get("hostPort", 0)
    plain = mapping.keys() <= {"containerPort", "hostPort", "protocol"}
    if not plain or mapping.get("protocol", "tcp") != "tcp":
        return None
    if not _is_size(port) or not _is_size(host):
        return None
    if not bridge:
        return str(port) if host in (0, port) else None
    return f"{host}:{port}" if host else str(port)


def _variables(pairs: HclValue) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for pair in _items(pairs) or ():
        name, value = pair.get("name"), pair.get("value")
        if not isinstance(name, str) or not isinstance(value, str):
            return None
        found[name] = value
    return None if _items(pairs) is None else found
