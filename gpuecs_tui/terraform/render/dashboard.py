"""The widgets of the dashboard: the metrics that a stack has, in the order of a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.monitoring.gpu_metrics import (
    DIMENSION,
    MEMORY_TOTAL,
    MEMORY_USED,
    NAMESPACE,
    USE,
)
from gpuecs_tui.stack.releases.strategy import shifts_traffic

WIDTH, HEIGHT, COLUMNS = 8, 6, 3
"""Units of CloudWatch's grid, which is 24 wide, and widgets in a row."""
BALANCER = '"LoadBalancer", aws_lb.this.arn_suffix'
TARGETS, ALTERNATE = (
    f'"TargetGroup", aws_lb_target_group.{name}.arn_suffix, {BALANCER}'
    for name in ("this", "alternate")
)
GROUP = f'"{DIMENSION}", aws_autoscaling_group.this.name'
SERVICE = '"ClusterName", aws_ecs_cluster.this.name, "ServiceName", aws_ecs_service.this.name'
"""Names and values of dimensions, as HCL."""


@dataclass(frozen=True, slots=True)
class Line:
    """One metric in a widget."""

    namespace: str
    metric: str
    dimensions: str
    """As HCL."""
    label: str
    stat: str


@dataclass(frozen=True, slots=True)
class Widget:
    """A graph of one or more metrics."""

    title: str
    stat: str
    lines: tuple[Line, ...]
    x: int = 0
    y: int = 0


def widgets(stack: Stack) -> tuple[Widget, ...]:
    """Return the widgets of a stack, placed row by row."""
    return tuple(
        Widget(it.title, it.stat, it.lines, place % COLUMNS * WIDTH, place // COLUMNS * HEIGHT)
        for place, it in enumerate(_widgets(stack))
    )


def _widgets(stack: Stack) -> Iterator[Widget]:
    balancer = "AWS/ApplicationELB"
    yield _graph("Requests per minute", balancer, BALANCER, ("RequestCount", "requests", "Sum"))
    yield _graph(
        "Response time (s)",
        balancer,
        BALANCER,
        ("TargetResponseTime", "median", "p50"),
        ("TargetResponseTime", "95 % of the responses", "p95"),
    )
    yield _graph(
        "Server errors (5xx)",
        balancer,
        BALANCER,
        ("HTTPCode_Target_5XX_Count", "tasks", "Sum"),
        ("HTTPCode_ELB_5XX_Count", "load balancer", "Sum"),
    )
    groups = [("Targets", TARGETS)]
    if shifts_traffic(stack.service.deployment_strategy):
        groups.append(("Targets of the other group", ALTERNATE))
    for title, group in groups:
        yield _graph(
            title,
            balancer,
            group,
            ("HealthyHostCount", "healthy", "Maximum"),
            ("UnHealthyHostCount", "unhealthy", "Maximum"),
        )
    # Without Container Insights, ECS has no metrics of the number of tasks.
    if stack.fleet.container_insights in ("on", "enhanced"):
        yield _graph(
            "Tasks",
            "ECS/ContainerInsights",
            SERVICE,
            ("DesiredTaskCount", "desired", "Average"),
            ("RunningTaskCount", "running", "Average"),
            ("PendingTaskCount", "pending", "Average"),
        )
    yield _graph(
        "Instances",
        "AWS/AutoScaling",
        GROUP,
        ("GroupDesiredCapacity", "desired", "Average"),
        ("GroupInServiceInstances", "in service", "Average"),
    )
    if stack.fleet.gpu_metrics:
        yield _graph(
            "GPU use (%)",
            NAMESPACE,
            GROUP,
            (USE, "average", "Average"),
            (USE, "busiest GPU", "Maximum"),
        )
        yield _graph(
            "GPU memory (MiB)",
            NAMESPACE,
            GROUP,
            (MEMORY_USED, "used, fullest GPU", "Maximum"),
            (MEMORY_TOTAL, "total", "Maximum"),
        )


def _graph(title: str, namespace: str, dimensions: str, *metrics: tuple[str, str, str]) -> Widget:
    lines = tuple(Line(namespace, name, dimensions, label, stat) for name, label, stat in metrics)
    return Widget(title, lines[0].stat, lines)
