"""The verdict, stages and causes of a deployment at one moment."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from gpuecs_tui.aws.deployment.facts import DeploymentFacts
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.deployment.applied import Applied
from gpuecs_tui.deployment.cause import Diagnosis
from gpuecs_tui.deployment.diagnose import diagnose
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.deployment.stages import Stage, stages
from gpuecs_tui.deployment.verdict import Verdict, verdict

READINGS = tuple(it.name for it in fields(DeploymentFacts) if it.name not in ("read_at", "former"))
"""The parts of the facts that are readings."""


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """Verdict, stages, causes and the facts that they come from."""

    verdict: Verdict
    facts: DeploymentFacts
    applied: Applied
    now: datetime
    stages: tuple[Stage, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()

    @classmethod
    def of(cls, facts: DeploymentFacts, applied: Applied, now: datetime) -> DeploymentStatus:
        """Judge ``facts``; ``now`` is aware and in UTC."""
        it = Situation(facts, applied, now)
        found = verdict(it)
        if found.state == "not_deployed":
            return cls(found, facts, applied, now)
        diagnoses = diagnose(it)
        return cls(found, facts, applied, now, stages(it, diagnoses), diagnoses)

    @classmethod
    def not_deployed(cls, sentence: str, now: datetime) -> DeploymentStatus:
        """Return the status of a stack for which nothing was read."""
        return cls(Verdict("not_deployed", sentence), DeploymentFacts(), Applied(), now)

    @property
    def unknown(self) -> dict[str, Unknown]:
        """Part of the facts → why it could not be read."""
        readings = {name: getattr(self.facts, name) for name in READINGS}
        return {name: it for name, it in readings.items() if isinstance(it, Unknown)}
