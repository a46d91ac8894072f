"""Sorts the events of an ECS service.

Wording: ECS developer guide, "Amazon ECS service event messages".
"""

from __future__ import annotations

import re

from gpuecs_tui.deployment.signals import Signals

_PLACEMENTS = Signals(
    {
        "not-placed-memory": r"insufficient memory|RESOURCE:MEMORY",
        "not-placed-cpu": r"insufficient CPU|enough CPU units|RESOURCE:CPU",
        "not-placed-gpu": r"insufficient GPU|RESOURCE:GPU",
        "not-placed-port": r"already using a port|RESOURCE:PORTS",
        "not-placed-eni": r"RESOURCE:ENI|insufficient (ENI|network interfaces?)"
        r"|elastic network interface",
        "not-placed-attribute": r"missing an attribute|(error|Start:) .?ATTRIBUTE",
        "agent-lost": r"error .?AGENT|TaskFailedToStart: AGENT",
        "az-mismatch": r"unable to place a task in (the )?Availability Zone"
        r"|placement constraint unsatisfied",
        "provisioning": r"EMPTY CAPACITY PROVIDER|NO ACTIVE INSTANCES",
    }
)
_UNHEALTHY = re.compile(r"is unhealthy in \(target-group [^)]*\) due to \(reason ([^)]*)\)")
_PLACE = "unable to place a task"
_FAILED = re.compile(r"deployment failed|rolling back to deployment")
_STEADY = "has reached a steady state"
_INACTIVE = re.compile(r"TaskDefinition is inactive|INACTIVE task definition", re.IGNORECASE)


def placement_of(message: str) -> str:
    """Return the id of the cause for which a task is not placed; empty for another event.

    ``not-placed``: the event names no closest instance.
    """
    if _PLACE not in message:
        return ""
    found = _PLACEMENTS.cause_in(message)
    if not found and "no container instance met all of its requirements" in message:
        return "not-placed"
    return found


def unhealthy_reason(message: str) -> str:
    """Return why a target is unhealthy, in AWS's words; empty for another event."""
    found = _UNHEALTHY.search(message)
    return found[1] if found else ""


def is_failure(message: str) -> bool:
    """Return whether the event says that a deployment failed or is rolled back."""
    return bool(_FAILED.search(message))


def is_inactive(message: str) -> bool:
    """Return whether the event says that the service's revision was deregistered."""
    return bool(_INACTIVE.search(message))


def is_steady(message: str) -> bool:
    """Return whether the event says that the service became steady."""
    return _STEADY in message
