"""The text of the deployment screen about a service of the demo account, without a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gpuecs_tui.assessment.deployed import Deployed
from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.aws.deployment.reader import read_deployment
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.deployment.applied import Applied
from gpuecs_tui.deployment.cause import Diagnosis
from gpuecs_tui.deployment.status import DeploymentStatus
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.read.service_url import ServiceUrl
from gpuecs_tui.widgets.deployment.lines import Shown, deployment_lines

WIDTH = 1000
"""Cells in which no line is wrapped."""


def deployment_text(
    reader: AccountReader, names: DeployedNames, applied: Applied, stack: Stack, minutes: float
) -> tuple[str, tuple[Diagnosis, ...]]:
    """Read the service as the screen does; return the screen's text, and the causes in it.

    ``minutes``: how much later than now the screen is read.
    """
    facts = read_deployment(reader, names)
    later = datetime.now(UTC) + timedelta(minutes=minutes)
    status = DeploymentStatus.of(facts, applied, later)
    deployed = Deployed(names, applied, stack)
    lines = deployment_lines(Shown(status, deployed, ServiceUrl(), "", WIDTH))
    return "\n".join(line.plain for line in lines), status.diagnoses
