"""Reads the history of a service's deployments, and the scaling of its desired count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gpuecs_tui.aws.deployment.ask import Ask, last, maps, moment, newest_first
from gpuecs_tui.aws.deployment.facts import ServiceDeployment, TaskScaling
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.service.live_count import service_id

DEPLOYMENTS = 20
"""Maximum number of deployments or service revisions per describe call (ECS API reference)."""
LISTED = 100
"""Number of deployments per page, the maximum of ECS (ECS API reference)."""
SCALINGS = 20
"""Number of scaling activities to request: what fits on a screen."""

ENDED = frozenset({"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"})
"""States after which ECS doesn't change a deployment."""


def calls_for_history(_ask: Ask) -> int:
    """Return how many calls ``read_history`` makes at most: the list may have a new deployment."""
    return 3


def read_history(ask: Ask) -> tuple[ServiceDeployment, ...]:
    """Return the newest deployments of the service; none if the service does not exist.

    Makes one call, and then at most two at the same time for what isn't in ``ask.seen``. Raises
    AwsProblem.
    """
    briefs = _listed(ask)
    seen = ask.seen
    unread = [it for it in briefs if _arn(it) not in seen.deployments]
    targets = [str(it.get("targetServiceRevisionArn") or "") for it in unread]
    wanted = dict.fromkeys(it for it in (*targets, *seen.rolled_back_to) if it)
    unknown = [it for it in wanted if it not in seen.revisions][:DEPLOYMENTS]
    described, found = ask.both(
        lambda: _described(ask, [_arn(it) for it in unread]), lambda: _revisions(ask, unknown)
    )
    seen.revisions.update(found)
    details = {_arn(it): it for it in described}
    read = {
        arn: _deployment({**it, **details.get(arn, {})}, seen.revisions)
        for arn, it in ((_arn(it), it) for it in unread)
    }
    # A rollback may return to a revision that none of these deployments deployed. It is requested
    # in the next reading, so that no reading takes a third round of calls.
    seen.rolled_back_to = tuple(
        revision
        for it in described
        if (revision := str((it.get("rollback") or {}).get("serviceRevisionArn") or ""))
        and revision not in seen.revisions
    )
    deployments = {_arn(it): seen.deployments.get(_arn(it)) or read[_arn(it)] for it in briefs}
    unfinished = {
        _arn(it)
        for it in described
        if (it.get("rollback") or {}).get("serviceRevisionArn") in seen.rolled_back_to
    }
    seen.deployments = {
        arn: it for arn, it in deployments.items() if it.status in ENDED and arn not in unfinished
    }
    return tuple(deployments.values())


def read_task_scaling(ask: Ask) -> tuple[TaskScaling, ...]:
    """Return the scaling activities of the service's desired count. One call; raises AwsProblem."""
    answer = ask.reader.call(
        "application-autoscaling",
        "DescribeScalingActivities",
        ServiceNamespace="ecs",
        ResourceId=service_id(ask.names.cluster, ask.names.service),
        ScalableDimension="ecs:service:DesiredCount",
        MaxResults=SCALINGS,
    )
    found = (
        TaskScaling(
            moment(it, "StartTime"),
            it.get("Description", ""),
            it.get("Cause", ""),
            it.get("StatusCode", ""),
        )
        for it in maps(answer, "ScalingActivities")
    )
    return newest_first(found, lambda it: it.at)


def _listed(ask: Ask) -> Sequence[Mapping[str, Any]]:
    try:
        answer = ask.reader.call(
            "ecs",
            "ListServiceDeployments",
            cluster=ask.names.cluster,
            service=ask.names.service,
            maxResults=LISTED,
        )
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return ()
        raise
    # The API reference doesn't document the order of a page.
    found = newest_first(maps(answer, "serviceDeployments"), lambda it: moment(it, "createdAt"))
    return found[:DEPLOYMENTS]


def _described(ask: Ask, arns: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    if not arns:
        return ()
    answer = ask.reader.call("ecs", "DescribeServiceDeployments", serviceDeploymentArns=[*arns])
    return maps(answer, "serviceDeployments")


def _revisions(ask: Ask, arns: Sequence[str]) -> Mapping[str, str]:
    """Return service revision ARN → family and revision of its task definition.

    A revision that ECS can't describe (it was created before 2024-10-25) is empty.
    """
    if not arns:
        return {}
    answer = ask.reader.call("ecs", "DescribeServiceRevisions", serviceRevisionArns=[*arns])
    found = {
        it.get("serviceRevisionArn", ""): last(it.get("taskDefinition") or "")
        for it in maps(answer, "serviceRevisions")
    }
    return {arn: found.get(arn, "") for arn in arns}


def _arn(it: Mapping[str, Any]) -> str:
    return str(it["serviceDeploymentArn"])


def _deployment(it: Mapping[str, Any], revisions: Mapping[str, str]) -> ServiceDeployment:
    target = (it.get("targetServiceRevision") or {}).get("arn")
    rollback = it.get("rollback") or {}
    breaker = it.get("deploymentCircuitBreaker") or {}
    return ServiceDeployment(
        id=last(_arn(it)),
        status=it.get("status", ""),
        status_reason=it.get("statusReason", ""),
        created_at=moment(it, "createdAt"),
        started_at=moment(it, "startedAt"),
        finished_at=moment(it, "finishedAt"),
        task_definition=revisions.get(target or it.get("targetServiceRevisionArn", ""), ""),
        rolled_back_to=revisions.get(rollback.get("serviceRevisionArn", ""), ""),
        rollback_reason=rollback.get("reason", ""),
        breaker=breaker.get("status", ""),
        failed_tasks=breaker.get("failureCount"),
        alarms=tuple((it.get("alarms") or {}).get("triggeredAlarmNames") or ()),
        stage=it.get("lifecycleStage") or "",
    )
