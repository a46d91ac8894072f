"""Reads the target group: its health check, and the health of its targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpuecs_tui.aws.deployment.ask import Ask, maps
from gpuecs_tui.aws.deployment.facts import HealthCheck, RegisteredTarget
from gpuecs_tui.aws.deployment.seen import TargetGroup
from gpuecs_tui.aws.errors import AwsProblem


def read_health_check(ask: Ask) -> HealthCheck | None:
    """Return the health check of the target group; None without the group. Raises AwsProblem.

    Makes one call, or two if deployments swap two groups, and stores their ARNs in ``ask.seen``.
    """
    group = _target_group(ask, ask.names.target_group)
    ask.seen.target_group = group
    other = _target_group(ask, ask.names.alternate_target_group)
    ask.seen.alternate_target_group = other.arn if other else ""
    return group.health_check if group else None


def read_targets(ask: Ask) -> tuple[RegisteredTarget, ...] | None:
    """Return the registered targets; None without the target group. Raises AwsProblem.

    Makes one call for each group that ``read_health_check`` found. If deployments swap two groups,
    the targets of both count: during a deployment, both have some.
    """
    group, alternate = ask.seen.target_group, ask.seen.alternate_target_group
    if group is None:
        return None
    own, others = ask.both(
        lambda: _targets(ask, group.arn), lambda: _targets(ask, alternate) if alternate else None
    )
    if own is None:
        # The group was deleted. A new group with the same name has another ARN.
        ask.seen.target_group = None
        return None
    return tuple(sorted((*own, *(others or ())), key=lambda it: (it.id, it.port)))


def _targets(ask: Ask, arn: str) -> list[RegisteredTarget] | None:
    try:
        answer = ask.reader.call("elbv2", "DescribeTargetHealth", TargetGroupArn=arn)
    except AwsProblem as problem:
        if problem.kind != "not_found":
            raise
        return None
    return [_target(it) for it in maps(answer, "TargetHealthDescriptions")]


def _target_group(ask: Ask, name: str) -> TargetGroup | None:
    if not name:
        return None
    try:
        answer = ask.reader.call("elbv2", "DescribeTargetGroups", Names=[name])
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return None
        raise
    found = maps(answer, "TargetGroups")
    return TargetGroup(found[0]["TargetGroupArn"], _health_check(found[0])) if found else None


def _health_check(it: Mapping[str, Any]) -> HealthCheck:
    return HealthCheck(
        path=it.get("HealthCheckPath", ""),
        matcher=(it.get("Matcher") or {}).get("HttpCode", ""),
        interval=it.get("HealthCheckIntervalSeconds", 0),
        timeout=it.get("HealthCheckTimeoutSeconds", 0),
        healthy_threshold=it.get("HealthyThresholdCount", 0),
        unhealthy_threshold=it.get("UnhealthyThresholdCount", 0),
    )


def _target(it: Mapping[str, Any]) -> RegisteredTarget:
    target, health = it["Target"], it.get("TargetHealth") or {}
    return RegisteredTarget(
        id=target["Id"],
        port=target.get("Port", 0),
        health=health.get("State", ""),
        reason=health.get("Reason", ""),
        description=health.get("Description", ""),
    )
