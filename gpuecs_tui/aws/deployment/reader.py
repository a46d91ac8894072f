"""Reads the present state of a deployed stack once, all parts at the same time."""

from __future__ import annotations

from time import monotonic

from gpuecs_tui.aws.deployment.ask import Ask
from gpuecs_tui.aws.deployment.facts import (
    DeployedFleet,
    DeployedNames,
    DeployedService,
    DeployedTask,
    DeploymentFacts,
)
from gpuecs_tui.aws.deployment.fleet import read_fleet
from gpuecs_tui.aws.deployment.seen import Seen
from gpuecs_tui.aws.deployment.service import read_service
from gpuecs_tui.aws.deployment.tasks import read_tasks
from gpuecs_tui.aws.deployment.watch import DeploymentWatch
from gpuecs_tui.aws.session import AccountReader

ONCE_SECONDS = 15.0
"""How long to wait for the parts of a reading that no other follows. The first call of a process
also loads the service models of boto3, which takes seconds on a busy machine."""


def read_deployment(reader: AccountReader, names: DeployedNames) -> DeploymentFacts:
    """Read all parts in two rounds of calls. A part that can't be read is Unknown; the others are
    not affected.

    Raises Closed once the reader is closed.
    """
    watch = DeploymentWatch(reader, names, answer_seconds=ONCE_SECONDS)
    for _part in watch.refresh(whole=True):
        pass
    return watch.facts


def read_service_and_tasks(
    reader: AccountReader, names: DeployedNames
) -> tuple[DeployedService | None, tuple[DeployedTask, ...]]:
    """Read only the service and its tasks, also the stopped ones. Raises AwsProblem."""
    ask = Ask(reader, names, Seen(), monotonic())
    return ask.both(lambda: read_service(ask), lambda: read_tasks(ask))


def read_fleet_alone(reader: AccountReader, names: DeployedNames) -> DeployedFleet | None:
    """Read only the Auto Scaling group; None if it does not exist. Raises AwsProblem."""
    return read_fleet(Ask(reader, names, Seen(), monotonic()))
