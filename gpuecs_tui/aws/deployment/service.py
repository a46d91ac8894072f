"""Reads the ECS service: its counts, deployments and events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpuecs_tui.aws.deployment.ask import Ask, last, maps, moment
from gpuecs_tui.aws.deployment.facts import DeployedService, Deployment, ServiceEvent
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.stack.releases.strategy import (
    CANARY_MINUTES,
    LINEAR_STEP_MINUTES,
    LINEAR_STEP_PERCENT,
    ROLLING,
    shift_minutes,
)


def read_service(ask: Ask) -> DeployedService | None:
    """Return the service; None if ECS has no service of that name. One call; raises AwsProblem."""
    names = ask.names
    try:
        answer = ask.reader.call(
            "ecs", "DescribeServices", cluster=names.cluster, services=[names.service]
        )
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return None
        raise
    found = maps(answer, "services")
    return _service(found[0]) if found else None


def _service(it: Mapping[str, Any]) -> DeployedService:
    configuration = it.get("deploymentConfiguration") or {}
    breaker = configuration.get("deploymentCircuitBreaker") or {}
    strategy = maps(it, "capacityProviderStrategy")
    return DeployedService(
        name=it["serviceName"],
        status=it.get("status", ""),
        desired=it.get("desiredCount", 0),
        running=it.get("runningCount", 0),
        pending=it.get("pendingCount", 0),
        deployments=tuple(_deployment(each) for each in maps(it, "deployments")),
        events=tuple(
            ServiceEvent(moment(each, "createdAt"), each.get("message", ""))
            for each in maps(it, "events")
        ),
        task_definition=last(it.get("taskDefinition") or ""),
        created_at=moment(it, "createdAt"),
        grace_seconds=it.get("healthCheckGracePeriodSeconds"),
        minimum_percent=configuration.get("minimumHealthyPercent"),
        maximum_percent=configuration.get("maximumPercent"),
        breaker=bool(breaker.get("enable")),
        breaker_rolls_back=bool(breaker.get("rollback")),
        capacity_provider=strategy[0].get("capacityProvider", "") if strategy else "",
        execute_command=bool(it.get("enableExecuteCommand")),
        strategy=(configuration.get("strategy") or ROLLING).lower(),
        bake_minutes=configuration.get("bakeTimeInMinutes"),
        shift_minutes=_shift_minutes(configuration),
        has_test_listener=any(
            (each.get("advancedConfiguration") or {}).get("testListenerRule")
            for each in maps(it, "loadBalancers")
        ),
    )


def _shift_minutes(configuration: Mapping[str, Any]) -> int:
    linear = configuration.get("linearConfiguration") or {}
    canary = configuration.get("canaryConfiguration") or {}
    return shift_minutes(
        (configuration.get("strategy") or ROLLING).lower(),
        step_percent=linear.get("stepPercent", LINEAR_STEP_PERCENT),
        step_minutes=linear.get("stepBakeTimeInMinutes", LINEAR_STEP_MINUTES),
        canary_minutes=canary.get("canaryBakeTimeInMinutes", CANARY_MINUTES),
    )


def _deployment(it: Mapping[str, Any]) -> Deployment:
    return Deployment(
        status=it.get("status", ""),
        rollout_state=it.get("rolloutState", ""),
        rollout_reason=it.get("rolloutStateReason", ""),
        task_definition=last(it.get("taskDefinition") or ""),
        desired=it.get("desiredCount", 0),
        running=it.get("runningCount", 0),
        pending=it.get("pendingCount", 0),
        failed=it.get("failedTasks", 0),
        id=it.get("id", ""),
        created_at=moment(it, "createdAt"),
        updated_at=moment(it, "updatedAt"),
    )
