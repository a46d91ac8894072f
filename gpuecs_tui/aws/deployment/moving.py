"""Whether a deployment is changing, so that it should be read often."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.deployment.facts import DeployedFleet, DeployedService, DeploymentFacts
from gpuecs_tui.aws.deployment.history import ENDED
from gpuecs_tui.aws.reading import value_or

_SETTLED_TARGETS = frozenset({"healthy", "unused"})
_SETTLED_INSTANCES = frozenset({"InService", "Standby", "Detached", "Terminated"})
_SETTLED_TASKS = frozenset({"RUNNING", "STOPPED"})


def moves(facts: DeploymentFacts) -> bool:
    """Tell whether the deployment is changing to another state, by the known parts.

    Also True if the service is unknown: the next response may show a change.
    """
    return any(_signs(facts))


def _signs(facts: DeploymentFacts) -> Iterator[bool]:
    service = value_or(facts.service, None)
    yield service is None or _service_moves(service)
    if (fleet := value_or(facts.fleet, None)) is not None:
        yield _fleet_moves(fleet)
    yield any(
        it.last_status not in _SETTLED_TASKS or it.desired_status not in ("", it.last_status)
        for it in value_or(facts.tasks, ())
    )
    yield any(it.health not in _SETTLED_TARGETS for it in value_or(facts.targets, None) or ())
    yield any(it.status not in ENDED for it in value_or(facts.history, ())[:1])
    yield any(
        it.status != "ACTIVE" or not it.agent_connected
        for it in value_or(facts.container_instances, ())
    )


def _service_moves(it: DeployedService) -> bool:
    counts = it.running != it.desired or it.pending > 0
    rollout = any(each.rollout_state == "IN_PROGRESS" for each in it.deployments)
    return it.status == "DRAINING" or counts or rollout or len(it.deployments) > 1


def _fleet_moves(it: DeployedFleet) -> bool:
    changing = any(each.lifecycle not in _SETTLED_INSTANCES for each in it.instances)
    return changing or len(it.instances) != it.desired
