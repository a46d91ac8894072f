"""Reads which services and tasks of a Region use the revisions of a task family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from gpuecs_tui.aws.batches import batches
from gpuecs_tui.aws.discovery.account import as_they_come
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.stack.kept_revision import revision_name

_SERVICES = 10
"""Maximum number of services per DescribeServices (ECS API reference)."""
_TASKS = 100
"""Maximum number of tasks per DescribeTasks (ECS API reference)."""


@dataclass(frozen=True, slots=True)
class RevisionUser:
    """A service or a task that uses a revision."""

    kind: Literal["service", "task"]
    name: str
    """The name of the service, the id of the task."""
    cluster: str


def read_users(
    reader: AccountReader, families: Sequence[str]
) -> Mapping[str, tuple[RevisionUser, ...]]:
    """Return revision → its users in all clusters of the Region, for all revisions in use.

    Raises AwsProblem if a cluster could not be read, and Closed.
    """
    clusters = reader.items("ecs", "ListClusters", "clusterArns")
    jobs = {it: partial(_users, reader, it, families) for it in clusters}
    found: dict[str, tuple[RevisionUser, ...]] = {}
    for _cluster, users in as_they_come(reader, jobs):
        for revision, user in users:
            found[revision] = tuple(dict.fromkeys((*found.get(revision, ()), user)))
    return found


def _users(
    reader: AccountReader, cluster: str, families: Sequence[str]
) -> list[tuple[str, RevisionUser]]:
    name = revision_name(cluster)
    return [
        *((it, RevisionUser("service", by, name)) for it, by in _services(reader, cluster)),
        *((it, RevisionUser("task", by, name)) for it, by in _tasks(reader, cluster, families)),
    ]


def _services(reader: AccountReader, cluster: str) -> Iterator[tuple[str, str]]:
    arns = reader.items("ecs", "ListServices", "serviceArns", cluster=cluster)
    for some in batches(arns, _SERVICES):
        answer = reader.call("ecs", "DescribeServices", cluster=cluster, services=some)
        for it in answer["services"]:
            # A draining service still has deployments; an inactive one starts no task.
            if it.get("status") == "INACTIVE":
                continue
            parts = (it, *(it.get("deployments") or ()), *(it.get("taskSets") or ()))
            for revision in {part.get("taskDefinition", "") for part in parts} - {""}:
                yield revision_name(revision), it["serviceName"]


def _tasks(
    reader: AccountReader, cluster: str, families: Sequence[str]
) -> Iterator[tuple[str, str]]:
    for family in families:
        arns = reader.items("ecs", "ListTasks", "taskArns", cluster=cluster, family=family)
        for some in batches(arns, _TASKS):
            answer = reader.call("ecs", "DescribeTasks", cluster=cluster, tasks=some)
            for it in answer["tasks"]:
                yield revision_name(it["taskDefinitionArn"]), revision_name(it["taskArn"])
