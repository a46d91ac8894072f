"""The states of a run, which may follow which, and what one run's folder holds."""

from __future__ import annotations

from enum import StrEnum

from gpuecs_tui.i18n import N_, _


class State(StrEnum):
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


WORKING = frozenset({State.STARTING, State.PLANNING, State.APPLYING, State.STOPPING})
"""States in which a process of the run must be alive."""
FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.LOST, State.DISCARDED})
"""States that no run leaves."""
FOLLOWERS: dict[State, frozenset[State]] = {
    State.STARTING: frozenset({State.PLANNING, State.STOPPING, State.FAILED, State.CANCELLED}),
    State.PLANNING: frozenset(
        {State.PLANNED, State.STOPPING, State.SUCCEEDED, State.FAILED, State.CANCELLED}
    ),
    State.PLANNED: frozenset({State.APPROVED, State.DISCARDED, State.FAILED}),
    State.APPROVED: frozenset({State.APPLYING, State.FAILED, State.CANCELLED}),
    State.APPLYING: frozenset({State.STOPPING, State.SUCCEEDED, State.FAILED, State.CANCELLED}),
    State.STOPPING: frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED}),
}
"""Which state may be written after which."""

_OPERATIONS = {
    Operation.PLAN: N_("plan"),
    Operation.APPLY: N_("apply"),
    Operation.DESTROY: N_("destroy"),
}
_TITLES = {
    State.STARTING: N_("starting"),
    State.PLANNING: N_("planning"),
    State.PLANNED: N_("waiting for approval"),
    State.APPROVED: N_("approved"),
    State.APPLYING: N_("applying"),
    State.STOPPING: N_("stopping"),
    State.SUCCEEDED: N_("succeeded"),
    State.FAILED: N_("failed"),
    State.CANCELLED: N_("cancelled"),
    State.LOST: N_("lost"),
    State.DISCARDED: N_("discarded"),
}


def operation_title(operation: Operation) -> str:
    """Return the operation as people read it."""
    return _(_OPERATIONS[operation])


def title(state: State) -> str:
    """Return the state as people read it."""
    return _(_TITLES[state])
