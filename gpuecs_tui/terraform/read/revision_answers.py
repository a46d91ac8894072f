"""The answers in a registered revision of a task definition, as in the Terraform that made it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.hcl.literals import quote
from gpuecs_tui.terraform.read.answers import gather
from gpuecs_tui.terraform.read.configuration import load_configuration

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
    "task.container_port", "task.host_port", "task.network_mode", "task.log_buffer_mib",
)  # fmt: skip
"""Keys whose whole value is in a revision."""
_CONTAINER_MEMBERS = frozenset(
    {
        "name", "image", "cpu", "memory", "command", "environment", "secrets", "portMappings",
        "resourceRequirements", "linuxParameters", "stopTimeout", "logConfiguration",
    }
)  # fmt: skip
_MEMBERS = {"cpu": "cpu", "memory": "memory", "networkMode": "network_mode"}
"""Members of a task definition whose values are in RESTORABLE → attribute in Terraform."""
_OF_REVISION = frozenset(
    {
        "taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities",
        "registeredAt", "registeredBy", "deregisteredAt", "deleteRequestedAt",
        "containerDefinitions",
    }
)  # fmt: skip
"""Members that differ between any two revisions, or that are compared one by one."""


def revision_answers(
    definition: Mapping[str, Any], container: str, port: int
) -> Mapping[str, Value]:
    """Return key → value of RESTORABLE in a task definition as the ECS API returns it.

    ``container`` and ``port``: those to which the load balancer sends requests.
    """
    task = {
        "container_definitions": json.dumps(definition.get("containerDefinitions") or []),
        "network_mode": definition.get("networkMode"),
        "cpu": definition.get("cpu"),
        "memory": definition.get("memory"),
    }
    values = [f"{name} = {quote(str(it))}" for name, it in task.items() if it is not None]
    balanced = [f"container_name = {quote(container)}", f"container_port = {port}"]
    text = _FILE_TEXT.format(task="\n".join(values), balanced="\n".join(balanced))
    found = gather(load_configuration({_FILE: text})).answers
    return {key: found[key] for key in RESTORABLE if key in found}


def changed_members(
    one: Mapping[str, Any], other: Mapping[str, Any], container: str
) -> frozenset[str]:
    """Return the members with RESTORABLE values that differ between two task definitions.

    Those of ``container`` are named as in the ECS API, those of the task as in Terraform.
    """
    ours, theirs = (_containers(it).get(container, {}) for it in (one, other))
    found = {it for it in _CONTAINER_MEMBERS if ours.get(it) != theirs.get(it)}
    return frozenset(
        found | {name for member, name in _MEMBERS.items() if one.get(member) != other.get(member)}
    )


def other_differences(
    one: Mapping[str, Any], other: Mapping[str, Any], container: str
) -> tuple[str, ...]:
    """Return the names of members that differ between two task definitions and are not RESTORABLE.

    A member of another container than ``container`` is named with the container.
    """
    names = sorted((one.keys() | other.keys()) - _OF_REVISION - _MEMBERS.keys())
    found = [name for name in names if one.get(name) != other.get(name)]
    ours, theirs = _containers(one), _containers(other)
    for name in sorted(ours.keys() | theirs.keys()):
        mine, its = ours.get(name, {}), theirs.get(name, {})
        covered = _CONTAINER_MEMBERS if name == container else frozenset()
        members = sorted((mine.keys() | its.keys()) - covered)
        found += [f"{name}.{it}" for it in members if mine.get(it) != its.get(it)]
    return tuple(found)


def _containers(definition: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return {str(it.get("name")): it for it in definition.get("containerDefinitions") or ()}
