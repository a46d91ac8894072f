"""The answers about several instance types and purchase options."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.terraform.hcl.tree import Body, Reference
from gpuecs_tui.terraform.hcl.values import HclValue, UnknownValue
from gpuecs_tui.terraform.read.configuration import MISSING, Configuration, SourceLocation
from gpuecs_tui.terraform.read.gathered import Gathered
from gpuecs_tui.terraform.read.rules import GROUP

POLICY = "mixed_instances_policy"
_TEMPLATE = f"{POLICY}.launch_template"
_OVERRIDES = f"{GROUP}.{_TEMPLATE}.override"
_EACH = Reference("override.value")
"""A type as it is in the list of a dynamic block."""
_SHARES = f"{POLICY}.instances_distribution"
_TYPES, _MARKET, _BASE, _SHARE, _STRATEGY = (
    "fleet.instance_types", "fleet.market", "fleet.on_demand_base", "fleet.spot_percent",
    "fleet.spot_allocation_strategy",
)  # fmt: skip
_OF_SPOT = (_BASE, _SHARE, _STRATEGY)
_AWS_STRATEGY = "lowest-price"
"""Auto Scaling API reference, InstancesDistribution: the default of SpotAllocationStrategy."""


def mixed_instances(configuration: Configuration, found: Gathered) -> None:
    """Read the types and shares; it needs the answer of ``fleet.market`` for a template alone.

    Without a policy, the launch template has the only type and the purchase option.
    """
    if GROUP not in configuration.blocks:
        return
    file, group = configuration.blocks[GROUP]
    if withheld := configuration.withheld(GROUP, POLICY):
        why, place = withheld
        found.refuse((_TYPES, _MARKET, *_OF_SPOT), place, f"{GROUP}.{POLICY}", why.reason)
        return
    policy = configuration.body(GROUP, POLICY)
    if policy is None:
        for key in (_TYPES, *_OF_SPOT):
            default = KEYS[key].default
            assert default is not None
            found.answers[key] = default
        return
    place = SourceLocation(file, group.line)
    body = configuration.body(GROUP, *_TEMPLATE.split("."))
    if body is None:
        found.refuse((_TYPES,), place, f"{GROUP}.{_TEMPLATE}", _("is missing"))
    else:
        _types(body, configuration, found, place)
    _shares(configuration, found, place)


def _types(
    body: Body, configuration: Configuration, found: Gathered, place: SourceLocation
) -> None:
    if other := next(_further(body), None):
        reason = _("is not covered by any gpuecs-tui setting")
        found.refuse((_TYPES,), place, f"{_OVERRIDES}.{other}", reason)
        return
    types: list[HclValue] = []
    for block in body.blocks:
        if block.kind == "override":
            attribute = block.body.attributes["instance_type"]
            types.append(configuration.scope.value(attribute.value))
        elif block.kind == "dynamic" and "override" in block.labels:
            each = configuration.scope.value(block.body.attributes["for_each"].value)
            if not isinstance(each, list):
                found.take(_TYPES, each, place, f"{_OVERRIDES}.for_each")
                return
            types += each
    found.take(_TYPES, types, place, _OVERRIDES)


def _further(body: Body) -> Iterator[str]:
    """Yield what an override sets besides the type, or how it sets the type."""
    for block in body.blocks:
        content = block.body
        if block.kind == "dynamic" and "override" in block.labels:
            inner = next(iter(block.body.named("content")), None)
            if inner is None or "for_each" not in block.body.attributes:
                yield "dynamic"
                continue
            content = inner.body
            value = content.attributes.get("instance_type")
            if value is None or value.value != _EACH:
                yield "instance_type"
                continue
        elif block.kind != "override":
            continue
        yield from (name for name in content.attributes if name != "instance_type")
        yield from (it.kind for it in content.blocks)
        if "instance_type" not in content.attributes:
            yield "instance_type"


def _shares(configuration: Configuration, found: Gathered, place: SourceLocation) -> None:
    on_demand = _value(configuration, "on_demand_percentage_above_base_capacity", 100)
    what = f"{GROUP}.{_SHARES}"
    if isinstance(on_demand, str) and on_demand.isdecimal():
        on_demand = int(on_demand)
    if not isinstance(on_demand, int):
        found.refuse((_MARKET, *_OF_SPOT), place, what, _reason(on_demand))
        return
    found.answers[_MARKET] = "on-demand" if on_demand >= 100 else "spot"
    if on_demand >= 100:
        return
    found.take(_SHARE, 100 - on_demand, place, what)
    found.take(_BASE, _value(configuration, "on_demand_base_capacity", 0), place, what)
    strategy = _value(configuration, "spot_allocation_strategy", _AWS_STRATEGY)
    found.take(_STRATEGY, strategy, place, what)


def _value(configuration: Configuration, name: str, absent: int | str) -> HclValue:
    value = configuration.value(GROUP, f"{_SHARES}.{name}")
    return absent if value is MISSING or value is None else value


def _reason(value: HclValue) -> str:
    return value.reason if isinstance(value, UnknownValue) else _("could not be interpreted")
