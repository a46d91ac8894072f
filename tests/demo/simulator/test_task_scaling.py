"""Application Auto Scaling of the demo account's service: limits, metrics, and schedules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gpuecs_tui.demo import timings
from gpuecs_tui.demo.model import metrics
from gpuecs_tui.stack.monitoring.gpu_metrics import NAMESPACE, USE

from .stepped import Stepped, stepped

PLACE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/llm/llm",
    "ScalableDimension": "ecs:service:DesiredCount",
}
MINUTE = timings.METRIC_MINUTE


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stepped]:
    monkeypatch.setattr(metrics, "values", {})
    with stepped(count=1, maximum=6) as found:
        found.until(found.steady)
        found.begin()
        yield found


def limit(demo: Stepped, least: int, most: int, **more: Any) -> None:
    demo.client("application-autoscaling").register_scalable_target(
        **PLACE, MinCapacity=least, MaxCapacity=most, **more
    )


def track(demo: Stepped, metric: dict[str, Any], target: float, name: str = "p") -> None:
    demo.client("application-autoscaling").put_scaling_policy(
        **PLACE,
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": target,
            "ScaleOutCooldown": 300,
            "ScaleInCooldown": 300,
            **metric,
        },
    )


def requests(demo: Stepped) -> dict[str, Any]:
    """The metric of the requests that the load balancer sends to the service."""
    balancing = demo.client("elbv2")
    balancer = balancing.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    group = balancing.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    label = f"{balancer.partition(':loadbalancer/')[2]}/{group.rpartition(':')[2]}"
    metric = {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label}
    return {"PredefinedMetricSpecification": metric}


DEPTH = {
    "CustomizedMetricSpecification": {
        "MetricName": "Depth", "Namespace": "Jobs", "Statistic": "Average", "Dimensions": [],
    }
}  # fmt: skip


def causes(demo: Stepped) -> list[str]:
    scaling = demo.client("application-autoscaling")
    found = scaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]
    return [f"{it['Description']} {it['Cause']}" for it in found]


def test_a_minimum_above_the_count_scales_at_once(demo: Stepped) -> None:
    limit(demo, 2, 4)
    demo.step(1)
    assert demo.service["desiredCount"] == 2
    assert causes(demo) == ["Setting desired count to 2. minimum capacity was set to 2"]
    demo.until(demo.steady)
    limit(demo, 0, 1)
    demo.step(1)
    assert demo.service["desiredCount"] == 1
    # A count that someone sets later stays.
    demo.ecs.update_service(cluster="llm", service="llm", desiredCount=3)
    demo.step(1)
    assert demo.service["desiredCount"] == 3


def test_requests_add_tasks_after_three_minutes_and_the_cooldown(demo: Stepped) -> None:
    limit(demo, 1, 4)
    track(demo, requests(demo), 60)
    demo.step(5 * MINUTE)
    assert demo.service["desiredCount"] == 1
    metrics.set_metric(metrics.REQUESTS, 150)
    demo.step(2 * MINUTE)
    assert demo.service["desiredCount"] == 1
    demo.step(MINUTE)
    # 150 requests for one task at 60 each.
    assert demo.service["desiredCount"] == 3
    assert "AlarmHigh" in causes(demo)[0] and causes(demo)[0].endswith("triggered policy p")
    demo.until(demo.steady)
    # With three tasks, each has 50; nothing changes.
    demo.step(10 * MINUTE)
    assert demo.service["desiredCount"] == 3
    metrics.set_metric(metrics.REQUESTS, 10_000)
    demo.step(4 * MINUTE)
    assert demo.service["desiredCount"] == 4


def test_tasks_are_removed_after_fifteen_minutes(demo: Stepped) -> None:
    limit(demo, 1, 4)
    track(demo, requests(demo), 60)
    demo.ecs.update_service(cluster="llm", service="llm", desiredCount=3)
    demo.until(demo.steady)
    metrics.set_metric(metrics.REQUESTS, 30)
    demo.step(14 * MINUTE)
    assert demo.service["desiredCount"] == 3
    demo.step(2 * MINUTE)
    assert demo.service["desiredCount"] == 1
    assert "AlarmLow" in causes(demo)[0]


def test_from_zero_only_a_metric_with_data_starts_a_task(demo: Stepped) -> None:
    limit(demo, 0, 4)
    track(demo, requests(demo), 60)
    demo.ecs.update_service(cluster="llm", service="llm", desiredCount=0)
    demo.until(lambda: not demo.tasks)
    metrics.set_metric(metrics.REQUESTS, 1000)
    demo.step(10 * MINUTE)
    assert demo.service["desiredCount"] == 0
    track(demo, DEPTH, 10, "depth")
    metrics.set_metric("Depth", 50)
    demo.step(1.5 * MINUTE)
    assert demo.service["desiredCount"] == 1


def test_gpu_use_has_data_only_while_a_task_runs(demo: Stepped) -> None:
    limit(demo, 0, 4)
    metric = {"MetricName": USE, "Namespace": NAMESPACE, "Statistic": "Average", "Dimensions": []}
    track(demo, {"CustomizedMetricSpecification": metric}, 50)
    metrics.set_metric(USE, 90)
    demo.step(4 * MINUTE)
    assert demo.service["desiredCount"] == 2
    demo.ecs.update_service(cluster="llm", service="llm", desiredCount=0)
    demo.until(lambda: not demo.tasks)
    demo.step(5 * MINUTE)
    assert demo.service["desiredCount"] == 0


def test_suspended_scaling_does_nothing(demo: Stepped) -> None:
    limit(demo, 0, 4, SuspendedState={"DynamicScalingOutSuspended": True})
    track(demo, DEPTH, 10)
    metrics.set_metric("Depth", 50)
    demo.step(10 * MINUTE)
    assert demo.service["desiredCount"] == 1
    limit(demo, 0, 4, SuspendedState={"DynamicScalingOutSuspended": False})
    demo.step(MINUTE)
    assert demo.service["desiredCount"] > 1


def test_a_target_that_is_resumed_brings_the_count_to_its_minimum(demo: Stepped) -> None:
    limit(demo, 1, 4)
    demo.step(1)
    flags = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    place = {**PLACE, "SuspendedState": dict.fromkeys(flags, True)}
    scaling = demo.client("application-autoscaling")
    scaling.register_scalable_target(**place)
    demo.ecs.update_service(cluster="llm", service="llm", desiredCount=0)
    demo.step(5 * MINUTE)
    assert demo.service["desiredCount"] == 0
    scaling.register_scalable_target(**{**place, "SuspendedState": dict.fromkeys(flags, False)})
    demo.step(1)
    assert demo.service["desiredCount"] == 1


def test_a_schedule_sets_the_limits(demo: Stepped) -> None:
    limit(demo, 0, 4)
    demo.client("application-autoscaling").put_scheduled_action(
        **PLACE,
        ScheduledActionName="often",
        Schedule="cron(0/10 * * * ? *)",
        Timezone="Europe/Berlin",
        ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 2},
    )
    demo.step(1)
    assert demo.service["desiredCount"] == 1
    demo.step(600, every=5)
    assert demo.service["desiredCount"] == 2
    assert causes(demo)[0].endswith("scheduled action name often was triggered")
    (target,) = demo.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="ecs"
    )["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 2)
