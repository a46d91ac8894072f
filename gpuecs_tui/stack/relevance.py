"""Which decisions apply, given the others: an HTTP listener has no certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.fleet import RELEASES
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.releases.strategy import ROLLING, SHIFTING, STRATEGY
from gpuecs_tui.stack.scaling.autoscaling import OFF, POLICIES
from gpuecs_tui.stack.task import LOG_GROUP_EXISTS


@dataclass(frozen=True, slots=True)
class Condition:
    """A key applies only while another key has one of these values."""

    key: str
    values: tuple[Value, ...]
    says: str
    """The condition as a predicate, untranslated: "applies only …"."""
    but: tuple[Value, ...] = ()
    """Instead of ``values``: the key applies with any value except these."""
    others: tuple[str, ...] = ()
    """Further keys for which the same holds; one of all is enough."""
    needs: tuple[str, ...] = ()
    """Flags that must be on, besides."""


CONDITIONS: Mapping[str, Condition] = {
    **{
        f"alarms.{name}": Condition("alarms.enabled", (True,), N_("applies only with alarms"))
        for name in ("topic_arn", "server_error_percent", "latency_seconds", "rollback")
    },
    "alarms.gpu_memory_percent": Condition(
        "fleet.gpu_metrics",
        (True,),
        N_("applies only with alarms and fleet.gpu_metrics"),
        needs=("alarms.enabled",),
    ),
    **{
        f"autoscaling.{name}": Condition(
            "autoscaling.enabled", (True,), N_("applies only with task scaling")
        )
        for name in (
            "min_tasks",
            "max_tasks",
            "requests_per_target",
            "cpu_percent",
            "memory_percent",
            "metric_name",
            "schedules",
        )
    },
    "autoscaling.gpu_percent": Condition(
        "fleet.gpu_metrics",
        (True,),
        N_("applies only with task scaling and fleet.gpu_metrics"),
        needs=("autoscaling.enabled",),
    ),
    "fleet.gpu_metrics": Condition(
        "fleet.ami",
        (),
        N_("applies only to Amazon Linux: Bottlerocket has no packages, such as that of the agent"),
        but=("bottlerocket",),
    ),
    **{
        f"autoscaling.metric_{name}": Condition(
            "autoscaling.metric_name", (), N_("applies only with the name of a metric"), but=("",)
        )
        for name in ("namespace", "dimensions", "statistic", "target")
    },
    **{
        f"autoscaling.scale_{way}_cooldown_seconds": Condition(
            next(iter(POLICIES)),
            (),
            N_("applies only with a target for requests, CPU, memory, GPUs, or a metric"),
            but=OFF,
            others=tuple(POLICIES)[1:],
        )
        for way in ("out", "in")
    },
    "autoscaling.timezone": Condition(
        "autoscaling.schedules", (), N_("applies only to scheduled actions"), but=({},)
    ),
    **{
        f"load_balancer.{name}": Condition(
            "load_balancer.protocol", ("HTTPS",), N_("applies only to an HTTPS listener")
        )
        for name in ("certificate_arn", "tls_policy")
    },
    "load_balancer.access_log_prefix": Condition(
        "load_balancer.access_log_bucket", (), N_("applies only with access logs"), but=("",)
    ),
    "load_balancer.hosted_zone_id": Condition(
        "load_balancer.host_name", (), N_("applies only with a host name"), but=("",)
    ),
    **{
        f"network.ingress_{name}": Condition(
            "network.load_balancer_security_group_ids",
            ((),),
            N_("applies only when the load balancer's security group is created"),
        )
        for name in ("cidrs", "prefix_list_ids", "security_group_ids")
    },
    "fleet.instance_type": Condition(
        "fleet.instance_types", ((),), N_("must not be set together with fleet.instance_types")
    ),
    **{
        f"fleet.{name}": Condition("fleet.market", ("spot",), N_("applies only to Spot instances"))
        for name in (
            "on_demand_base",
            "spot_percent",
            "spot_allocation_strategy",
            "capacity_rebalance",
        )
    },
    "fleet.ami_release": Condition(
        "fleet.ami", tuple(RELEASES), N_("applies only to al2023 and bottlerocket")
    ),
    **{
        f"fleet.refresh_{name}": Condition(
            "fleet.instance_refresh", (True,), N_("applies only with instance refresh")
        )
        for name in ("auto_rollback", "skip_matching", "checkpoints")
    },
    "fleet.refresh_checkpoint_seconds": Condition(
        "fleet.refresh_checkpoints", (), N_("applies only with checkpoints"), but=((),)
    ),
    "fleet.root_volume_throughput_mib": Condition(
        "fleet.root_volume_gib",
        (),
        N_("applies only when the stack sets the size of the root volume"),
        but=(0,),
    ),
    "task.log_kms_key_arn": Condition(
        "task.log_retention_days",
        (),
        N_("applies only to a log group that the stack creates"),
        but=(LOG_GROUP_EXISTS,),
    ),
    **{
        f"service.{name}": Condition(
            STRATEGY, (ROLLING,), N_("applies only to rolling deployments")
        )
        for name in ("minimum_healthy_percent", "maximum_percent")
    },
    **{
        f"service.{name}": Condition(
            STRATEGY, SHIFTING, N_("applies only to blue/green, linear, and canary deployments")
        )
        for name in ("bake_minutes", "test_port")
    },
    **{
        f"service.{name}": Condition(
            STRATEGY, ("linear",), N_("applies only to linear deployments")
        )
        for name in ("linear_step_percent", "linear_step_minutes")
    },
    **{
        f"service.{name}": Condition(
            STRATEGY, ("canary",), N_("applies only to canary deployments")
        )
        for name in ("canary_percent", "canary_minutes")
    },
    "service.placement": Condition(
        "service.distinct_instances",
        (False,),
        N_("applies only when tasks may share an instance"),
    ),
    "task.init_process": Condition(
        "service.execute_command",
        (False,),
        N_("applies only without ECS Exec, which always uses an init process"),
    ),
    **{
        f"container.{name}": Condition(
            "container.restart", (True,), N_("applies only with a restart policy")
        )
        for name in ("restart_period_seconds", "restart_ignored_exit_codes")
    },
    **{
        f"container_health.{name}": Condition(
            "container_health.command",
            (),
            N_("applies only with a health check in the container"),
            but=((),),
        )
        for name in ("interval_seconds", "timeout_seconds", "retries", "start_period_seconds")
    },
    "task.host_port": Condition(
        "task.network_mode",
        ("bridge",),
        N_("applies only in bridge mode; other modes use the container port"),
    ),
    **{
        f"state.{name}": Condition("state.backend", ("s3",), N_("applies only to S3 state"))
        for name in ("bucket", "key", "region")
    },
}


def is_relevant(key: str, answers: Mapping[str, Value]) -> bool:
    """Return whether ``key`` has an effect with these answers (explicit ones, or all).

    A key that another one decides has none if that one has none.
    """
    condition = CONDITIONS.get(key)
    if condition is None:
        return True
    if not all(_value(it, answers) is True and is_relevant(it, answers) for it in condition.needs):
        return False
    return any(
        is_relevant(other, answers) and _holds(condition, other, answers)
        for other in (condition.key, *condition.others)
    )


def _holds(condition: Condition, key: str, answers: Mapping[str, Value]) -> bool:
    value = _value(key, answers)
    return value not in condition.but if condition.but else value in condition.values


def _value(key: str, answers: Mapping[str, Value]) -> Value | None:
    return answers.get(key, KEYS[key].default)


def may_be_relevant(key: str, answers: Mapping[str, Value]) -> bool:
    """Return whether ``key`` has an effect, or may have one because another key is not in
    ``answers``."""
    condition = CONDITIONS.get(key)
    if condition is None:
        return True
    if any(answers.get(it, True) is not True for it in condition.needs):
        return False
    return any(
        may_be_relevant(other, answers)
        and (other not in answers or _holds(condition, other, answers))
        for other in (condition.key, *condition.others)
    )


def relevant(answers: Mapping[str, Value]) -> dict[str, Value]:
    """Return the answers that apply, without the values of hidden fields."""
    return {key: value for key, value in answers.items() if is_relevant(key, answers)}
