"""Which decisions count, given the others: an HTTP listener has no certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS


@dataclass(frozen=True, slots=True)
class Condition:
    """A key counts only while another key has one of these values."""

    key: str
    values: tuple[Value, ...]
    says: str
    """The condition in words, untranslated."""
    but: tuple[Value, ...] = ()
    """Instead of ``values``: with any other value than one of these."""


CONDITIONS: Mapping[str, Condition] = {
    "load_balancer.certificate_arn": Condition(
        "load_balancer.protocol", ("HTTPS",), N_("it counts only with an HTTPS listener")
    ),
    "network.ingress_cidrs": Condition(
        "network.load_balancer_security_group_ids",
        ((),),
        N_("it counts only when the load balancer's security group is created"),
    ),
    "fleet.capacity_rebalance": Condition(
        "fleet.market", ("spot",), N_("it counts only with spot instances")
    ),
    "fleet.root_volume_throughput_mib": Condition(
        "fleet.root_volume_gib",
        (),
        N_("it counts only with a volume of the stack's own"),
        but=(0,),
    ),
    "service.placement": Condition(
        "service.distinct_instances",
        (False,),
        N_("it counts only where tasks may share an instance"),
    ),
    "task.init_process": Condition(
        "service.execute_command",
        (False,),
        N_("it counts only without ECS Exec, which always has one"),
    ),
    "task.host_port": Condition(
        "task.network_mode",
        ("bridge",),
        N_("it counts only in bridge mode; elsewhere it is the container's port"),
    ),
    **{
        f"state.{name}": Condition("state.backend", ("s3",), N_("it counts only with S3 state"))
        for name in ("bucket", "key", "region")
    },
}


def is_relevant(key: str, answers: Mapping[str, Value]) -> bool:
    """Tell whether ``key`` has any effect beside these answers (explicit ones, or all)."""
    condition = CONDITIONS.get(key)
    if condition is None:
        return True
    value = answers.get(condition.key, KEYS[condition.key].default)
    return value not in condition.but if condition.but else value in condition.values


def relevant(answers: Mapping[str, Value]) -> dict[str, Value]:
    """Return the answers that count: what a hidden field still holds is left out."""
    return {key: value for key, value in answers.items() if is_relevant(key, answers)}
