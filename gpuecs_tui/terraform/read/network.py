"""The network answers in the ``for_each`` of a resource."""

from __future__ import annotations

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.network import GATEWAY_ENDPOINT
from gpuecs_tui.terraform.hcl.budget import EVALUATION_DEPTH_MAX
from gpuecs_tui.terraform.hcl.tree import Expression, FunctionCall, Literal, Reference, mentions
from gpuecs_tui.terraform.hcl.types import Elements, elements
from gpuecs_tui.terraform.hcl.values import HclValue, UnknownValue
from gpuecs_tui.terraform.read.configuration import Configuration
from gpuecs_tui.terraform.read.gathered import Gathered
from gpuecs_tui.terraform.read.rules import GROUP

_RULE = "aws_vpc_security_group_ingress_rule"
_INGRESS = (
    # The last rule is that of the earlier version.
    ("network.ingress_cidrs", ("https", "http", "listener"), "cidr_ipv4"),
    (
        "network.ingress_prefix_list_ids",
        ("https_prefix_lists", "http_prefix_lists"),
        "prefix_list_id",
    ),
    (
        "network.ingress_security_group_ids",
        ("https_groups", "http_groups"),
        "referenced_security_group_id",
    ),
)
"""Key, the names of its rules, and the argument for a source."""
_INTERFACES = "aws_vpc_endpoint.interface"
_GATEWAY = "aws_vpc_endpoint.s3"


def ingress(configuration: Configuration, found: Gathered) -> None:
    """Read which addresses, prefix lists and security groups may reach the load balancer."""
    for key, names, argument in _INGRESS:
        _sources(key, tuple(f"{_RULE}.{it}" for it in names), argument, configuration, found)


def _sources(
    key: str,
    addresses: tuple[str, ...],
    argument: str,
    configuration: Configuration,
    found: Gathered,
) -> None:
    address = configuration.first_declared(addresses)
    placed = configuration.expression(address, "for_each")
    if placed is None:
        if configuration.may_hide or address in configuration.blocks:
            return
        if found.answers.get("network.load_balancer_security_group_ids") is not None:
            found.answers[key] = ()
        return
    if _uses_no_each(address, argument, configuration, found, key):
        return
    value = _members(placed[0], configuration)
    # Only AWS knows the VPC's own CIDR ranges.
    of_vpc = isinstance(value, UnknownValue) and any(
        mentions(each, "data.aws_vpc.this")
        for each in (
            value.expression,
            *(
                target
                for name, target in configuration.scope.locals.items()
                if mentions(value.expression, f"local.{name}")
            ),
        )
    )
    found.take(key, [] if of_vpc else value, placed[1], f"{address}.for_each")


def endpoints(configuration: Configuration, found: Gathered) -> None:
    """Read which AWS services have an endpoint in the VPC."""
    if GROUP not in configuration.blocks:
        return
    placed = configuration.expression(_INTERFACES, "for_each")
    if placed is None and (_INTERFACES in configuration.blocks or configuration.may_hide):
        return
    if placed and _uses_no_each(
        _INTERFACES, "service_name", configuration, found, "network.vpc_endpoints"
    ):
        return
    value = _members(placed[0], configuration) if placed else []
    if isinstance(value, list) and _GATEWAY in configuration.blocks:
        value = [*value, GATEWAY_ENDPOINT]
    place = placed[1] if placed else None
    found.take("network.vpc_endpoints", value, place, f"{_INTERFACES}.for_each")


def _uses_no_each(
    address: str, name: str, configuration: Configuration, found: Gathered, key: str
) -> bool:
    """Record ``key`` as not read if an attribute does not use the values of for_each."""
    placed = configuration.expression(address, name)
    if placed is None or any(mentions(placed[0], it) for it in ("each.value", "each.key")):
        return False
    found.refuse((key,), placed[1], f"{address}.{name}", _("does not use the values of for_each"))
    return True


def _members(expression: Expression, configuration: Configuration) -> HclValue:
    """Return the value of a set, in the order of the file if that is known."""
    scope = configuration.scope
    value = scope.value(expression)
    for _step in range(EVALUATION_DEPTH_MAX):
        if not isinstance(expression, Reference):
            break
        expression = scope.look_up(expression.path) or Literal(None)
    if isinstance(expression, FunctionCall) and len(expression.arguments) == 1:
        written = scope.value(expression.arguments[0])
        # The items of other collections may have no common type.
        if isinstance(written, list) and isinstance(value, Elements):
            kept = [item for place, item in enumerate(written) if item not in written[:place]]
            return kept if elements(kept) == value else value
    return value
