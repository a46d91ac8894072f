"""The answers in a registered revision of a task definition, as in the Terraform that made it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gpuecs_tui.aws.service.revision import READ_ONLY
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.terraform.hcl.literals import quote
from gpuecs_tui.terraform.read.answers import gather
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.rules import KEY_RULES, READ_APART
from gpuecs_tui.terraform.read.sidecars import SIDECAR_KEYS

_FILE = "revision.tf"
_FILE_TEXT = """\
resource "aws_ecs_task_definition" "this" {{
{task}
}}
resource "aws_ecs_service" "this" {{
load_balancer {{
{balanced}
}}
}}
"""
RESTORABLE = (
    "task.image", "task.cpu", "task.memory", "task.container_cpu", "task.container_memory",
    "task.gpus", "task.command", "task.environment", "task.secrets", "task.capabilities",
    "task.shared_memory_mib", "task.init_process", "task.stop_timeout_seconds",
    "task.container_port", "task.host_port", "task.network_mode", "task.ipc_mode",
    "task.log_buffer_mib",
    *(key for key in KEYS if key.startswith(("container.", "container_health."))), *SIDECAR_KEYS,
)  # fmt: skip
"""Keys whose whole value is in a revision."""
_MEMBERS = {
    "cpu": "task.cpu",
    "memory": "task.memory",
    "networkMode": "task.network_mode",
    "ipcMode": "task.ipc_mode",
}
"""Members of a task definition whose values are in RESTORABLE."""
_DEFAULT_MODES = {
    "networkMode": KEY_RULES["task.network_mode"].absent,
    "ipcMode": KEY_RULES["task.ipc_mode"].absent,
}
"""Member → the value of its key if the task definition lacks it."""
_OBJECTS = {"container_health.command": "healthCheck.", "container.restart": "restartPolicy."}
"""Key → the object in a container that exists only with a value of the key."""
_IN_CONTAINER = {
    key: place.partition(".container_definitions.")[2]
    for key, place in READ_APART.items()
    if key in RESTORABLE and key not in SIDECAR_KEYS
}
"""Key → the path of its value in the service's container."""
_START_ORDER = "dependsOn"
"""The member of every container that ``sidecars.depends_on`` sets."""
_LOG_BUFFER = "task.log_buffer_mib"
_LOG_MODE = "logConfiguration.options.mode"
_CONTAINERS = "containerDefinitions"


def revision_answers(
    definition: Mapping[str, Any], container: str, port: int
) -> Mapping[str, Value]:
    """Return key → value of RESTORABLE in a task definition as the ECS API returns it.

    ``container`` and ``port``: those to which the load balancer sends requests.
    """
    task = {
        "container_definitions": json.dumps(definition.get(_CONTAINERS) or []),
        "network_mode": definition.get("networkMode"),
        "ipc_mode": definition.get("ipcMode"),
        "cpu": definition.get("cpu"),
        "memory": definition.get("memory"),
    }
    values = [f"{name} = {quote(str(it))}" for name, it in task.items() if it is not None]
    balanced = [f"container_name = {quote(container)}", f"container_port = {port}"]
    text = _FILE_TEXT.format(task="\n".join(values), balanced="\n".join(balanced))
    found = gather(load_configuration({_FILE: text})).answers
    return {key: found[key] for key in RESTORABLE if key in found}


def restored_answers(
    one: Mapping[str, Any], other: Mapping[str, Any], container: str, port: int
) -> Mapping[str, Value]:
    """Return the RESTORABLE values of the task definition ``other`` that differ in ``one``."""
    before, after = (revision_answers(it, container, port) for it in (one, other))
    return {key: value for key, value in after.items() if before.get(key) != value}


def other_differences(
    one: Mapping[str, Any], other: Mapping[str, Any], container: str, port: int
) -> tuple[str, ...]:
    """Return the names of members that differ between two task definitions and that the
    ``restored_answers`` don't make equal to ``other``.

    A member of a container is named with the container, and if the member has parts, with the part.
    """
    restored = restored_answers(one, other, container, port)
    # Then they have every part of the further containers.
    covered = SIDECAR_KEYS[0] in revision_answers(other, container, port)
    names = sorted((one.keys() | other.keys()) - READ_ONLY - {_CONTAINERS})
    found = [
        name
        for name in names
        if _member(one, name) != _member(other, name)
        and not (name in _MEMBERS and str(restored.get(_MEMBERS[name])) == _member(other, name))
    ]
    ours, theirs = _containers(one), _containers(other)
    for name in sorted(ours.keys() | theirs.keys()):
        mine, its = ours.get(name, {}), theirs.get(name, {})
        if name != container:
            members = () if covered else sorted(mine.keys() | its.keys())
            found += [f"{name}.{it}" for it in members if mine.get(it) != its.get(it)]
            continue
        mine, its, made = _parts(mine, port), _parts(its, port), _made(restored)
        for path in sorted(mine.keys() | its.keys()):
            if mine.get(path) == its.get(path) or (path in made and made[path] == its.get(path)):
                continue
            if covered and path == _START_ORDER:
                continue
            found.append(f"{name}.{path}")
    return tuple(found)


def _member(definition: Mapping[str, Any], name: str) -> Any:
    value = definition.get(name)
    return value or _DEFAULT_MODES.get(name)


def _containers(definition: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return {str(it.get("name")): it for it in definition.get(_CONTAINERS) or ()}


def _parts(container: Mapping[str, Any], port: int) -> dict[str, Any]:
    """Return path → value in a container; what is empty is left out.

    The port mapping that the load balancer uses and the requirement of GPUs have the paths of
    their keys, and further ones have a path with their port or type.
    """
    ports = {str(it.get("containerPort")): it for it in container.get("portMappings") or ()}
    served = ports.pop(str(port), None) or (ports.popitem()[1] if len(ports) == 1 else {})
    kinds = {str(it.get("type")): it for it in container.get("resourceRequirements") or ()}
    tree = {
        **container,
        "portMappings": {**served, **ports},
        "resourceRequirements": {**kinds.pop("GPU", {}), **kinds},
    }
    for name in ("environment", "secrets", "ulimits"):
        tree[name] = sorted(container.get(name) or (), key=lambda it: str(it.get("name")))
    keyed = frozenset(_IN_CONTAINER.values())
    # Without a value, a key has the same effect as with 0, false or an empty list.
    return {
        path: it
        for path, it in _leaves(tree, "", keyed)
        if (it if path in keyed else it not in (None, [], ""))
    }


def _leaves(
    value: Mapping[str, Any], path: str, whole: Collection[str]
) -> Iterator[tuple[str, Any]]:
    """Yield path and value of the members, those at the paths ``whole`` in one piece."""
    for name, it in value.items():
        if isinstance(it, Mapping) and f"{path}{name}" not in whole:
            yield from _leaves(it, f"{path}{name}.", whole)
        else:
            yield f"{path}{name}", it


def _made(values: Mapping[str, Value]) -> dict[str, Any]:
    """Return path → value in the container that Terraform makes of ``values``; None if not set."""
    made: dict[str, Any] = {}
    for key, value in values.items():
        if key not in _IN_CONTAINER:
            continue
        form: Any = value
        if key == "container.ulimits" and isinstance(value, Mapping):
            form = [_ulimit(name, value[name]) for name in sorted(value)]
        elif key == "container.restart_ignored_exit_codes" and isinstance(value, tuple):
            form = [int(it) for it in value]
        elif key == "container.labels":
            form = value
        elif isinstance(value, Mapping):
            part = "value" if key == "task.environment" else "valueFrom"
            form = [{"name": name, part: value[name]} for name in sorted(value)]
        elif isinstance(value, tuple):
            form = [*value]
        elif key == "task.gpus":
            form = str(value)
        elif key == _LOG_BUFFER:
            form = f"{value}m" if value else None
            made[_LOG_MODE] = "non-blocking" if value else None
        if key in _OBJECTS and not value:
            made |= {it: None for it in _IN_CONTAINER.values() if it.startswith(_OBJECTS[key])}
        made[_IN_CONTAINER[key]] = form or None
    return made


def _ulimit(name: str, limits: str) -> dict[str, Any]:
    soft, hard = map(int, limits.split(":"))
    return {"name": name, "softLimit": soft, "hardLimit": hard}
