"""What a command asked ECS for, with which every answer of ECS is compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from gpuecs_tui.assessment.deployed import Deployed
from gpuecs_tui.aws.deployment.facts import DeploymentFacts
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.deployment.status import DeploymentStatus
from gpuecs_tui.deployment.verdict import Verdict
from gpuecs_tui.i18n import _


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The service as a command wants it. The answers of ECS may be older than the command."""

    revision: str = ""
    """Family and revision to run; empty: the one that was applied, unless Terraform ignores it."""
    tasks: int | None = None
    """The desired count; None: any."""
    is_autoscaled: bool = False
    """Whether Application Auto Scaling may raise the count again: then a higher one is no failure,
    unless no task was asked for."""
    deployment: str = ""
    """Id of the deployment that ECS started for the command (``Deployment.id``); empty: any."""
    rolls_back: bool = False
    """Whether ECS was asked to roll the newest deployment back, so that this is no failure."""

    def status(self, deployed: Deployed, facts: DeploymentFacts, now: datetime) -> DeploymentStatus:
        """Judge ``facts``: a service that is well, but not as asked for, counts as failed."""
        applied = replace(deployed.applied, is_rollback_wanted=self.rolls_back)
        if self.revision:
            applied = replace(applied, task_definition=self.revision, ignores_task_definition=False)
        elif self.rolls_back:
            # The applied revision is the one that is rolled back.
            applied = replace(applied, ignores_task_definition=True)
        found = replace(deployed, applied=applied).status(facts, now)
        if self.tasks is not None:
            # Only now: a cause that Terraform ignores the count stays one.
            asked = replace(found.applied, desired=self.tasks, ignores_desired=False)
            found = replace(found, applied=asked)
        if found.verdict.state not in ("healthy", "scaled_to_zero"):
            return found
        if words := self._unlike(Situation(facts, applied, now)):
            return replace(found, verdict=Verdict("failed", words))
        # Stages and causes are still those of the deployment that was rolled back.
        return replace(found, stages=(), diagnoses=()) if self.rolls_back else found

    def _unlike(self, it: Situation) -> str:
        """Return what the service has instead of what was asked for; empty if it has that."""
        applied, primary = it.applied, it.primary
        raised = self.is_autoscaled and 0 < (self.tasks or 0) < it.desired
        if self.tasks is not None and it.desired != self.tasks and not raised:
            return _("The desired count of the service is {present}, not {asked}.").format(
                present=it.desired, asked=self.tasks
            )
        if self.deployment and (primary is None or primary.id != self.deployment):
            return _("The newest deployment of the service is not {id}.").format(id=self.deployment)
        if primary is None:
            return ""
        wanted = "" if applied.ignores_task_definition else applied.task_definition
        if wanted and primary.task_definition != wanted:
            # The verdict compares the revision of a service that runs tasks.
            return _("The service has the revision {present}, not {asked}.").format(
                present=primary.task_definition, asked=wanted
            )
        return ""
