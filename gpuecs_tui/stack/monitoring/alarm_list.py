"""Which alarms a stack has, their names, and which of them judge a deployment."""

from __future__ import annotations

from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.releases.strategy import shifts_traffic
from gpuecs_tui.stack.scaling.autoscaling import scheduled_actions

UNHEALTHY, NONE_HEALTHY = "unhealthy_targets", "no_healthy_target"
ERRORS, LATENCY, GPU_MEMORY = "server_errors", "latency", "gpu_memory"
LIMITS = {
    ERRORS: "alarms.server_error_percent",
    LATENCY: "alarms.latency_seconds",
    GPU_MEMORY: "alarms.gpu_memory_percent",
}
"""Alarm → the key with its limit; 0: no such alarm."""
OF_DEPLOYMENTS = (UNHEALTHY, ERRORS, LATENCY)
"""Alarms that a new revision can cause. GPU memory is of the whole fleet, and without any healthy
target, there are unhealthy ones."""
_METRICS = {UNHEALTHY: 1, NONE_HEALTHY: 1, ERRORS: 3, LATENCY: 1, GPU_MEMORY: 2}
"""Alarm → its metrics, each of which is billed."""
_OF_EACH_GROUP = (UNHEALTHY, NONE_HEALTHY)
"""Alarms with a metric of each target group."""
ADDRESS = "aws_cloudwatch_metric_alarm."
START_MINUTES = 5
"""Minutes beyond the grace period until targets without a healthy answer are an alarm."""
MINUTES_MAX = 60


def alarms_of(stack: Stack) -> tuple[str, ...]:
    """Return the alarms of a stack, by the last part of their addresses."""
    if not stack.alarms.enabled:
        return ()
    found = [UNHEALTHY]
    if never_empty(stack):
        found.append(NONE_HEALTHY)
    has_gpus = stack.fleet.gpu_metrics
    found += [it for it, key in LIMITS.items() if stack[key] and (it != GPU_MEMORY or has_gpus)]
    return tuple(found)


def metrics_in_alarms(stack: Stack) -> int:
    """Return how many metrics the alarms of a stack have, which is what AWS bills."""
    groups = 2 if shifts_traffic(stack.service.deployment_strategy) else 1
    return sum(_METRICS[it] * (groups if it in _OF_EACH_GROUP else 1) for it in alarms_of(stack))


def deployment_alarms(stack: Stack) -> tuple[str, ...]:
    """Return the alarms that end a deployment and roll it back; none unless that is wanted."""
    wanted = stack.alarms.enabled and stack.alarms.rollback
    return tuple(it for it in alarms_of(stack) if wanted and it in OF_DEPLOYMENTS)


def alarm_name(stack_name: str, alarm: str) -> str:
    """Return the name of an alarm in CloudWatch."""
    return f"{stack_name}-{alarm.replace('_', '-')}"


def never_empty(stack: Stack) -> bool:
    """Return whether the service is meant to run a task at any time."""
    scaling = stack.autoscaling
    if not scaling.enabled:
        return stack.service.desired_count > 0
    return scaling.min_tasks > 0 and all(it.least for it in scheduled_actions(scaling.schedules))


def patience_minutes(stack: Stack) -> int:
    """Return how long targets may be unhealthy: while a new task loads its model, they are."""
    grace = -(-stack.service.health_check_grace_seconds // 60)
    return min(MINUTES_MAX, grace + START_MINUTES)
