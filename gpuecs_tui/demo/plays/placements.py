"""Why ECS doesn't place a task: the end of the service event about the closest instance.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
"""

from __future__ import annotations

from collections.abc import Mapping

NO_GPU = "has insufficient GPU resource available"

LACKS: Mapping[str, str] = {
    "not-placed-memory": "has insufficient memory available",
    "not-placed-cpu": "has insufficient CPU units available",
    "not-placed-port": "is already using a port required by your task",
    "not-placed-gpu": NO_GPU,
    "not-placed-eni": "has insufficient ENI resource available",
    "not-placed-attribute": "is missing an attribute required by your task",
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
    "az-mismatch": 'encountered error "MemberOf placement constraint unsatisfied."',
    "agent-lost": 'encountered error "AGENT"',
}
"""Fault → what the closest matching container instance lacks, for every new task."""

ROLLOUT_LACKS: Mapping[str, str] = {"breaker-capacity": NO_GPU, "rollout-stuck": NO_GPU}
"""The same for tasks of a deployment that would replace a completed one."""

WITHOUT_SCALING = ("asg-max", "provisioning", "not-active", *LACKS, *ROLLOUT_LACKS)
"""Faults under which the capacity provider starts no further instance."""

CAPACITY = "RESOURCE:GPU"
EMPTY = "EMPTY CAPACITY PROVIDER"
"""stoppedReason of a task that waited too long in PROVISIONING, with and without instances
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html)."""
