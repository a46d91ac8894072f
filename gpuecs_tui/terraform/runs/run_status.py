"""The states of a run, their allowed transitions, and the operations of a run."""

from __future__ import annotations

from enum import StrEnum

from gpuecs_tui.i18n import N_, _


class RunStatus(StrEnum):
    """The state of a run; the value is stored and printed as JSON."""

    STARTING = "starting"
    """Its process finds the engine and runs init."""
    PLANNING = "planning"
    PLANNED = "planned"
    """A plan waits for approval; no process is needed for that."""
    APPROVED = "approved"
    """A user approved the plan; nothing has been applied yet."""
    APPLYING = "applying"
    STOPPING = "stopping"
    """Terraform was sent its one interrupt and finishes the operations in progress."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    """Derived, never stored: its processes died without recording an end."""
    DISCARDED = "discarded"
    """A plan that a user discarded, or that another run of the same stack replaced."""


class Operation(StrEnum):
    """The operation of a run."""

    PLAN = "plan"
    """Plan-only: it can't be applied."""
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
"""Final states."""
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
"""State → the states that may be written after it."""

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
    """Return the translated name of the operation."""
    return _(_OPERATIONS[operation])


def status_title(state: RunStatus) -> str:
    """Return the translated name of the state."""
    return _(_TITLES[state])
