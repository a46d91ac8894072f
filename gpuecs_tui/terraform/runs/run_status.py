"""The states of a run, which may follow which, and what one run's folder holds."""

from __future__ import annotations

from enum import StrEnum

from gpuecs_tui.i18n import N_, _


class RunStatus(StrEnum):
    """Where a run stands; the value is what is stored and printed as JSON."""

    STARTING = "starting"
    """Its process looks for the engine and initialises."""
    PLANNING = "planning"
    PLANNED = "planned"
    """A plan waits for a decision; no process is needed for that."""
    APPROVED = "approved"
    """Somebody said yes; nothing has been applied yet."""
    APPLYING = "applying"
    STOPPING = "stopping"
    """Terraform was sent its one interrupt and finishes what is in flight."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    """Derived, never stored: its processes are gone without a word."""
    DISCARDED = "discarded"
    """A plan that was declined, or that another run of the same stack replaced."""


class Operation(StrEnum):
    """What a run was started for."""

    PLAN = "plan"
    """Only to look: nothing can be applied from it."""
    APPLY = "apply"
    DESTROY = "destroy"


WORKING = frozenset(
    {RunStatus.STARTING, RunStatus.PLANNING, RunStatus.APPLYING, RunStatus.STOPPING}
)
"""States in which a process of the run must be alive."""
FINAL = frozenset(
    {
        RunStatus.SUCCEEDED,
        RunStatus.FAILED,
        RunStatus.CANCELLED,
        RunStatus.LOST,
        RunStatus.DISCARDED,
    }
)
"""States that no run leaves."""
FOLLOWERS: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.STARTING: frozenset(
        {RunStatus.PLANNING, RunStatus.STOPPING, RunStatus.FAILED, RunStatus.CANCELLED}
    ),
    RunStatus.PLANNING: frozenset(
        {
            RunStatus.PLANNED,
            RunStatus.STOPPING,
            RunStatus.SUCCEEDED,
            RunStatus.FAILED,
            RunStatus.CANCELLED,
        }
    ),
    RunStatus.PLANNED: frozenset({RunStatus.APPROVED, RunStatus.DISCARDED, RunStatus.FAILED}),
    RunStatus.APPROVED: frozenset({RunStatus.APPLYING, RunStatus.FAILED, RunStatus.CANCELLED}),
    RunStatus.APPLYING: frozenset(
        {RunStatus.STOPPING, RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED}
    ),
    RunStatus.STOPPING: frozenset({RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED}),
}
"""Which state may be written after which."""

_OPERATIONS = {
    Operation.PLAN: N_("plan"),
    Operation.APPLY: N_("apply"),
    Operation.DESTROY: N_("destroy"),
}
_TITLES = {
    RunStatus.STARTING: N_("starting"),
    RunStatus.PLANNING: N_("planning"),
    RunStatus.PLANNED: N_("waiting for approval"),
    RunStatus.APPROVED: N_("approved"),
    RunStatus.APPLYING: N_("applying"),
    RunStatus.STOPPING: N_("stopping"),
    RunStatus.SUCCEEDED: N_("succeeded"),
    RunStatus.FAILED: N_("failed"),
    RunStatus.CANCELLED: N_("cancelled"),
    RunStatus.LOST: N_("lost"),
    RunStatus.DISCARDED: N_("discarded"),
}


def operation_title(operation: Operation) -> str:
    """Return the operation as people read it."""
    return _(_OPERATIONS[operation])


def title(state: RunStatus) -> str:
    """Return the state as people read it."""
    return _(_TITLES[state])
