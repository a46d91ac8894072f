"""Why a deployment does not complete: the causes that the facts show, the first stage first."""

from __future__ import annotations

from datetime import datetime

from gpuecs_tui.aws.deployment.facts import DeploymentFacts
from gpuecs_tui.deployment.applied import Applied
from gpuecs_tui.deployment.cause import Cause, Diagnosis
from gpuecs_tui.deployment.causes import (
    fleet,
    health,
    joining,
    launching,
    notes,
    placing,
    pulling,
    rollout,
    running,
    starting,
)
from gpuecs_tui.deployment.situation import Situation

CAUSES: tuple[Cause, ...] = (
    *fleet.CAUSES,
    *launching.CAUSES,
    *joining.CAUSES,
    *placing.CAUSES,
    *pulling.CAUSES,
    *starting.CAUSES,
    *running.CAUSES,
    *health.CAUSES,
    *rollout.CAUSES,
    *notes.CAUSES,
)
"""All causes in the order of the stages."""


def diagnose(facts: DeploymentFacts, applied: Applied, now: datetime) -> tuple[Diagnosis, ...]:
    """Return what is stuck, the first stage first; notes come last.

    ``now`` is aware and in UTC. A part that could not be read is no signal of any cause.
    """
    return found_in(Situation(facts, applied, now))


def found_in(it: Situation) -> tuple[Diagnosis, ...]:
    """Return the causes that ``it`` shows."""
    found: list[Diagnosis] = []
    for cause in CAUSES:
        if cause.recognise is None or (cause.last and found):
            continue
        if (seen := cause.recognise(it)) is not None:
            found.append(Diagnosis(cause, seen))
    return tuple(found)
