"""Reads one revision of a task definition as AWS returns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.stack.kept_revision import revision_name

READ_ONLY = frozenset(
    {
        "taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities",
        "registeredAt", "registeredBy", "deregisteredAt", "deleteRequestedAt",
    }
)  # fmt: skip
"""Members of a task definition that AWS sets and RegisterTaskDefinition does not accept."""
ACTIVE = "ACTIVE"
"""The status of a revision that a service can be updated to."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a task definition."""

    name: str
    """Family and number, such as ``llm:7``."""
    status: str
    """``ACTIVE``, ``INACTIVE`` (deregistered) or ``DELETE_IN_PROGRESS``."""
    definition: Mapping[str, Any]
    """``taskDefinition`` of the response."""
    tags: Sequence[Mapping[str, str]]

    def image_of(self, container: str) -> str:
        """Return the image of a container, or of the only one; empty if there is none."""
        found = serving_container(self.definition, container)
        return str(found.get("image", "")) if found else ""


def read_revision(reader: AccountReader, name: str) -> Revision:
    """Return the revision ``name`` (``family:number`` or an ARN). Raises AwsProblem."""
    answer = reader.call("ecs", "DescribeTaskDefinition", taskDefinition=name, include=["TAGS"])
    it = answer["taskDefinition"]
    return Revision(
        revision_name(it["taskDefinitionArn"]), it["status"], it, tuple(answer.get("tags") or ())
    )


def serving_container(definition: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """Return the container of that name, or the only container; None if it is unclear which."""
    containers: Sequence[Mapping[str, Any]] = definition.get("containerDefinitions") or ()
    named = next((it for it in containers if it.get("name") == name), None)
    return named or (containers[0] if len(containers) == 1 else None)
