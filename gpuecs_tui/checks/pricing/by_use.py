"""What a stack costs by usage, which no sum includes."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.network_facts import egress_of
from gpuecs_tui.aws.prices_facts import PRICE_LIST, Price
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.aws.service.cluster_insights import BILLED, insights_of
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.network.endpoints import endpoint_subnets
from gpuecs_tui.checks.pricing.lines import CostLine, line_of
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.monitoring.gpu_metrics import METRICS
from gpuecs_tui.stack.network import interface_endpoints


def interfaces_of(context: Context) -> int:
    """Count the network interfaces of created endpoints. Each is billed by the hour."""
    services = interface_endpoints(context.stack.network.vpc_endpoints)
    return len(services) * len(endpoint_subnets(context))


def by_use(context: Context) -> Iterator[CostLine]:
    """Yield what is billed by usage, or belongs to the network."""
    prices, stack = context.account.prices, context.stack
    yield line_of("load_balancer_use", prices.load_balancer_use, 1, unit="LCU-hour")
    if interfaces_of(context):
        yield line_of("vpc_endpoint_data", prices.vpc_endpoint_data, 1, unit="GB")
    if insights_of(stack, context.account.lookups.cluster_insights) in BILLED:
        yield line_of("container_insights", _insights_price(context), 1, unit="metric-month")
    if stack.fleet.gpu_metrics:
        yield line_of("gpu_metrics", prices.metric, len(METRICS), unit="month")
    if stack.alarms.dashboard:
        yield line_of("dashboard", _not_in_list(), 1, unit="month")
    subnets = context.subnets(stack.network.instance_subnet_ids)
    tables = context.account.route_tables
    # If the routes are unknown, there may be a NAT gateway.
    if subnets and isinstance(tables, Known):
        if not any(egress_of(it, tables.value) == "nat" for it in subnets):
            return
    elif subnets and all(it.public for it in subnets):
        return
    yield line_of("nat_gateway", prices.nat_gateway, 1)
    yield line_of("nat_data", prices.nat_data, 1, unit="GB")


def _insights_price(context: Context) -> Reading[Price]:
    """Return the price of a metric; that of enhanced metrics is another, which is not read."""
    enhanced = insights_of(context.stack, context.account.lookups.cluster_insights) == "enhanced"
    return _not_in_list() if enhanced else context.account.prices.metric


def _not_in_list() -> Unknown:
    reason = _("gpuecs-tui does not read it; see https://aws.amazon.com/cloudwatch/pricing/")
    return Unknown(PRICE_LIST, reason, "")
