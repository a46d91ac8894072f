"""Why a deployment does not complete: the causes that the facts show, the first stage first."""

from __future__ import annotations

from gpuecs_tui.deployment.cause import Cause, Diagnosis
from gpuecs_tui.deployment.causes import (
    container_check,
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
    *container_check.CAUSES,
    *health.CAUSES,
    *rollout.CAUSES,
    *notes.CAUSES,
)
"""All causes in the order of the stages."""


def diagnose(it: Situation) -> tuple[Diagnosis, ...]:
    """Return what is stuck, the first stage first; notes come last.

    A part that could not be read is no signal of any cause.
    """
    found: list[Diagnosis] = []
    for cause in CAUSES:
        if cause.recognise is None or (cause.last and found):
            continue
        if (seen := cause.recognise(it)) is not None:
            found.append(Diagnosis(cause, seen))
    return tuple(found)
