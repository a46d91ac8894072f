"""Reads the present state of a deployed stack once, all parts at the same time."""

from __future__ import annotations

from gpuecs_tui.aws.deployment.facts import DeployedNames, DeploymentFacts
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
