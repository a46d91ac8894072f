"""The refusals of docs/demo-account.md that are about the scaling of tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.demo.moto_patches.made import Client, service

Call = Callable[[], Any]

CPU = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}


def _place(name: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{name}/{name}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }


def _register(client: Client, name: str, **limits: int) -> Call:
    """Return the call that makes or changes the scalable target of the service ``name``."""
    scaling = client("application-autoscaling")
    return lambda: scaling.register_scalable_target(**_place(name), **limits)


def _with_target(client: Client, name: str) -> Any:
    """Make a service with a scalable target of 1 to 4 tasks; return the client."""
    service(client, name)
    _register(client, name, MinCapacity=1, MaxCapacity=4)()
    return client("application-autoscaling")


def _act(
    client: Client, name: str, schedule: str, zone: str = "UTC", least: int = 0, most: int = 2
) -> Call:
    """Return the call that puts a scheduled action."""
    return lambda: client("application-autoscaling").put_scheduled_action(
        **_place(name),
        ScheduledActionName="night",
        Schedule=schedule,
        Timezone=zone,
        ScalableTargetAction={"MinCapacity": least, "MaxCapacity": most},
    )


def _track(client: Client, name: str, metric: dict[str, str], policy: str = "p") -> Call:
    """Return the call that puts a policy for a predefined metric."""
    return lambda: client("application-autoscaling").put_scaling_policy(
        **_place(name),
        PolicyName=policy,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 50,
            "PredefinedMetricSpecification": metric,
        },
    )


def limits_upside_down(client: Client) -> Call:
    service(client, "limits")
    return _register(client, "limits", MinCapacity=5, MaxCapacity=2)


def limits_turned_upside_down(client: Client) -> Call:
    _with_target(client, "turned-limits")
    return _register(client, "turned-limits", MinCapacity=5)


def target_without_a_maximum(client: Client) -> Call:
    service(client, "unlimited")
    return _register(client, "unlimited", MinCapacity=1)


def action_of_no_schedule(client: Client) -> Call:
    _with_target(client, "no-schedule")
    return _act(client, "no-schedule", "cron(x)")


def action_of_no_time_zone(client: Client) -> Call:
    _with_target(client, "no-zone")
    return _act(client, "no-zone", "cron(0 20 * * ? *)", "Mars/X")


def action_with_limits_upside_down(client: Client) -> Call:
    _with_target(client, "action-limits")
    return _act(client, "action-limits", "rate(1 hour)", least=3, most=2)


def action_without_a_target(client: Client) -> Call:
    service(client, "no-target")
    return _act(client, "no-target", "rate(1 hour)")


def policy_without_a_target(client: Client) -> Call:
    service(client, "no-target-either")
    return _track(client, "no-target-either", CPU)


def policy_of_no_load_balancer(client: Client) -> Call:
    _with_target(client, "no-label")
    return _track(client, "no-label", {"PredefinedMetricType": "ALBRequestCountPerTarget"})


def policy_of_an_unknown_load_balancer(client: Client) -> Call:
    _with_target(client, "label")
    label = "app/gone/0123456789abcdef/targetgroup/gone/0123456789abcdef"
    metric = {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label}
    return _track(client, "label", metric)


def policy_of_the_same_metric(client: Client) -> Call:
    _with_target(client, "metric")
    _track(client, "metric", CPU)()
    # A policy may be put again.
    _track(client, "metric", CPU)()
    return _track(client, "metric", CPU, "another")
