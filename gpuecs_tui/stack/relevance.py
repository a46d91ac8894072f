"""Which decisions apply, given the others: an HTTP listener has no certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS


@dataclass(frozen=True, slots=True)
class Condition:
    """A key applies only while another key has one of these values."""

    key: str
    values: tuple[Value, ...]
    says: str
    """The condition as a predicate, untranslated: "applies only …"."""
    but: tuple[Value, ...] = ()
    """Instead of ``values``: the key applies with any value except these."""


CONDITIONS: Mapping[str, Condition] = {
    "load_balancer.certificate_arn": Condition(
        "load_balancer.protocol", ("HTTPS",), N_("applies only to an HTTPS listener")
    ),
    "network.ingress_cidrs": Condition(
        "network.load_balancer_security_group_ids",
        ((),),
        N_("applies only when the load balancer's security group is created"),
    ),
    "fleet.capacity_rebalance": Condition(
        "fleet.market", ("spot",), N_("applies only to Spot instances")
    ),
    "fleet.root_volume_throughput_mib": Condition(
        "fleet.root_volume_gib",
        (),
        N_("applies only when the stack sets the size of the root volume"),
        but=(0,),
    ),
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
    """Return whether ``key`` has an effect with these answers (explicit ones, or all)."""
    condition = CONDITIONS.get(key)
    if condition is None:
        return True
    value = answers.get(condition.key, KEYS[condition.key].default)
    return value not in condition.but if condition.but else value in condition.values


def relevant(answers: Mapping[str, Value]) -> dict[str, Value]:
    """Return the answers that apply, without the values of hidden fields."""
    return {key: value for key, value in answers.items() if is_relevant(key, answers)}
