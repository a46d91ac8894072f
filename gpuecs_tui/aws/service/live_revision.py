"""Reads the containers and ports of the task definition revision that a service runs."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.service.active_service import active_service
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.stack.kept_revision import Ports, has_port, ports_of, revision_name


@dataclass(frozen=True, slots=True)
class LiveRevision:
    """The task definition of an active service."""

    service: str
    """ARN of the service."""
    name: str
    """Family and number, such as ``llm:7``."""
    ports: Ports

    def has(self, container: str, port: int | None = None) -> bool:
        """Return whether there is a container of that name with ``port``."""
        return container in self.ports and (port is None or has_port(self.ports, container, port))


def read_live_revision(
    reader: AccountReader, cluster: str, service: str
) -> Reading[LiveRevision | None]:
    """Return the revision of a service; None if there is no active service of that name."""

    def read() -> LiveRevision | None:
        found = active_service(reader, cluster, service)
        if found is None or not found.get("taskDefinition"):
            # A service with another deployment controller may have none of its own.
            return None
        arn = found["taskDefinition"]
        described = reader.call("ecs", "DescribeTaskDefinition", taskDefinition=arn)
        containers = described["taskDefinition"].get("containerDefinitions", ())
        return LiveRevision(found["serviceArn"], revision_name(arn), ports_of(containers))

    return reader.reading("ecs:DescribeTaskDefinition", read)
