"""Rule security-path: do chosen security groups let requests through, from client to task."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network

from gpuecs_tui.aws.network_facts import SecurityGroup, SecurityGroupRule
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, unknown
from gpuecs_tui.checks.ports import EPHEMERAL_FIRST, host_port
from gpuecs_tui.i18n import _

RULE = "security-path"
INSTANCES = "network.instance_security_group_ids"
BALANCER = "network.load_balancer_security_group_ids"
LAST_PORT = 65535


def security_path(context: Context) -> Iterator[Finding]:
    """Clients → listener by the load balancer's groups, load balancer → tasks by the instances'.

    Groups that the stack creates itself are right by design and not looked at.
    """
    network, reading = context.stack.network, context.account.security_groups
    chosen = network.instance_security_group_ids + network.load_balancer_security_group_ids
    if not chosen:
        return
    if isinstance(reading, Unknown):
        field = INSTANCES if network.instance_security_group_ids else BALANCER
        what = _("Whether the chosen security groups let requests through can't be told")
        yield unknown(RULE, field, reading, what)
        return
    by_id = {it.id: it for it in reading.value}
    for field, ids in (
        (INSTANCES, network.instance_security_group_ids),
        (BALANCER, network.load_balancer_security_group_ids),
    ):
        yield from _exist(context, field, ids, by_id)
    instances = [by_id[it] for it in network.instance_security_group_ids if it in by_id]
    balancers = [by_id[it] for it in network.load_balancer_security_group_ids if it in by_id]
    if balancers:
        yield from _listener(context, balancers)
        yield from _way_to_tasks(context, balancers)
    if instances:
        yield from _tasks(context, instances)


def task_ports(context: Context) -> tuple[int, int]:
    """Return the first and last port on which the load balancer reaches tasks."""
    port = host_port(context.stack)
    return (port, port) if port else (EPHEMERAL_FIRST, LAST_PORT)


def _exist(
    context: Context, field: str, ids: tuple[str, ...], by_id: dict[str, SecurityGroup]
) -> Iterator[Finding]:
    vpc = context.stack.network.vpc_id
    absent = [it for it in ids if it not in by_id]
    strange = [it for it in ids if vpc and it in by_id and by_id[it].vpc_id != vpc]
    if absent:
        message = _("There is no security group {groups}.").format(groups=", ".join(absent))
        yield error(RULE, field, message, _("take groups that exist, or none to create one"))
    if strange:
        yield error(
            RULE,
            field,
            _("{groups} belong to another VPC than {vpc}.").format(
                groups=", ".join(strange), vpc=vpc
            ),
            _("take groups of {vpc}, or none to create one").format(vpc=vpc),
        )


def _listener(context: Context, groups: list[SecurityGroup]) -> Iterator[Finding]:
    port = context.stack.load_balancer.port
    if any(rule.covers(port, port) and _anyone(rule) for it in groups for rule in it.ingress):
        return
    yield error(
        RULE,
        BALANCER,
        _("No chosen group of the load balancer lets anyone in on port {port}.").format(port=port),
        _("allow TCP {port} in one of them, or choose none to create one").format(port=port),
    )


def _way_to_tasks(context: Context, groups: list[SecurityGroup]) -> Iterator[Finding]:
    first, last = task_ports(context)
    if any(rule.covers(first, last) and _anyone(rule) for it in groups for rule in it.egress):
        return
    yield error(
        RULE,
        BALANCER,
        _("No chosen group of the load balancer lets it send to its tasks on port {ports}.").format(
            ports=_ports(first, last)
        ),
        _("allow outgoing TCP {ports} in one of them, or choose none to create one").format(
            ports=_ports(first, last)
        ),
    )


def _tasks(context: Context, groups: list[SecurityGroup]) -> Iterator[Finding]:
    first, last = task_ports(context)
    sources = _balancer_networks(context)
    for rule in (rule for it in groups for rule in it.ingress):
        if not rule.covers(first, last):
            continue
        if set(rule.group_ids) & set(context.stack.network.load_balancer_security_group_ids):
            return
        if rule.prefix_list_ids or (sources and _all_within(sources, rule.cidrs)):
            return
    ports = _ports(first, last)
    yield error(
        RULE,
        INSTANCES,
        _(
            "No chosen group of the instances lets the load balancer reach its tasks on port "
            "{ports}: none becomes healthy."
        ).format(ports=ports),
        _("allow TCP {ports} from the load balancer in one of them, or choose none").format(
            ports=ports
        ),
    )


def _balancer_networks(context: Context) -> list[IPv4Network]:
    subnets = context.subnets(context.stack.network.load_balancer_subnet_ids) or ()
    return [IPv4Network(it.cidr) for it in subnets if it.cidr]


def _all_within(networks: list[IPv4Network], cidrs: tuple[str, ...]) -> bool:
    allowed = [it for it in map(ip_network, cidrs) if isinstance(it, IPv4Network)]
    return all(any(it.subnet_of(wide) for wide in allowed) for it in networks)


def _ports(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _anyone(rule: SecurityGroupRule) -> bool:
    return bool(rule.cidrs or rule.group_ids or rule.prefix_list_ids)
