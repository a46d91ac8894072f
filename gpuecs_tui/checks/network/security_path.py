"""Rule security-path: whether chosen security groups allow requests from client to task."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from gpuecs_tui.aws.network_facts import SecurityGroup, SecurityGroupRule
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown, warning
from gpuecs_tui.checks.network.ports import EPHEMERAL_FIRST, host_port
from gpuecs_tui.checks.network.security_group_access import Peer, allowed_sources, lets_through
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.balancer.load_balancer import TRAFFIC_PORT
from gpuecs_tui.stack.resolve import HTTP_PORT

RULE = "security-path"
INSTANCES = "network.instance_security_group_ids"
BALANCER = "network.load_balancer_security_group_ids"
LAST_PORT = 65535


def security_path(context: Context) -> Iterator[Finding]:
    """Check clients → listener (load balancer groups) and load balancer → tasks (both groups).

    Groups that the stack creates have the right rules and are not checked.
    """
    network, reading = context.stack.network, context.account.security_groups
    chosen = network.instance_security_group_ids + network.load_balancer_security_group_ids
    if not chosen:
        return
    if isinstance(reading, Unknown):
        field = INSTANCES if network.instance_security_group_ids else BALANCER
        what = _("Could not check whether the chosen security groups allow requests")
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
        message = ngettext(
            "Security group {groups} does not exist.",
            "Security groups {groups} do not exist.",
            len(absent),
        ).format(groups=", ".join(absent))
        yield error(
            RULE, field, message, _("choose existing security groups, or none to create one")
        )
    if strange:
        yield error(
            RULE,
            field,
            ngettext(
                "Security group {groups} belongs to a VPC other than {vpc}.",
                "Security groups {groups} belong to a VPC other than {vpc}.",
                len(strange),
            ).format(groups=", ".join(strange), vpc=vpc),
            _("choose security groups in {vpc}, or none to create one").format(vpc=vpc),
        )


def _listener(context: Context, groups: list[SecurityGroup]) -> Iterator[Finding]:
    """Report groups that block all clients, or all the clients that the listener is meant for.

    Other restrictions of a chosen group are intended: ``ingress_cidrs`` applies only to a created
    group.
    """
    balancer = context.stack.load_balancer
    port, rules = balancer.port, [rule for it in groups for rule in it.ingress]
    if not _anyone(rules, port):
        yield error(
            RULE,
            BALANCER,
            _(
                "No chosen load balancer security group allows inbound traffic on port {port}."
            ).format(port=port),
            _("allow inbound TCP {port} in one of them, or choose none to create one").format(
                port=port
            ),
        )
        return
    allowed = allowed_sources(rules, port)
    named = any(it.group_ids for it in rules if it.covers(port, port))
    listed = any(it.prefix_list_ids for it in rules if it.covers(port, port))
    if not balancer.internal and not listed and all(it.is_private for it in allowed):
        yield warning(
            RULE,
            BALANCER,
            _(
                "The load balancer is internet-facing, but its security groups allow port {port} "
                "only from private addresses."
            ).format(port=port),
            _(
                "allow inbound TCP {port} from public addresses, or make the load balancer internal"
            ).format(port=port),
        )
    own = _vpc_networks(context)
    outside = own and not any(it.overlaps(block) for it in allowed for block in own)
    if balancer.internal and outside and not named and not listed:
        yield undecided(
            RULE,
            BALANCER,
            _(
                "No address in the VPC can reach the listener on port {port}. The chosen security "
                "groups allow only {cidrs}."
            ).format(port=port, cidrs=", ".join(map(str, allowed))),
            _("check that clients connect from these addresses, or allow the addresses of the VPC"),
        )
    if balancer.protocol == "HTTPS" and not _anyone(rules, HTTP_PORT):
        yield warning(
            RULE,
            BALANCER,
            _(
                "The load balancer security groups block port {port}, so http:// requests time out "
                "instead of being redirected to HTTPS."
            ).format(port=HTTP_PORT),
            _("allow inbound TCP {port} in one of them, or choose none to create one").format(
                port=HTTP_PORT
            ),
        )


def _way_to_tasks(context: Context, groups: list[SecurityGroup]) -> Iterator[Finding]:
    network = context.stack.network
    peer = _peer(context, network.instance_security_group_ids, network.instance_subnet_ids)
    rules = [rule for it in groups for rule in it.egress]
    for first, last in _path_ports(context):
        ports = _ports(first, last)
        open_ = lets_through(rules, first, last, peer)
        if open_ is None:
            what = _(
                "Could not check whether the load balancer can send to its tasks on port {ports}"
            )
            yield _untold(context, BALANCER, what.format(ports=ports))
        elif not open_:
            yield error(
                RULE,
                BALANCER,
                _(
                    "No chosen load balancer security group allows outbound traffic to the tasks "
                    "on port {ports}."
                ).format(ports=ports),
                _(
                    "allow outbound TCP {ports} to the instances in one of them, or choose none to "
                    "create one"
                ).format(ports=ports),
            )


def _tasks(context: Context, groups: list[SecurityGroup]) -> Iterator[Finding]:
    network = context.stack.network
    peer = _peer(
        context, network.load_balancer_security_group_ids, network.load_balancer_subnet_ids
    )
    rules = [rule for it in groups for rule in it.ingress]
    for first, last in _path_ports(context):
        ports = _ports(first, last)
        open_ = lets_through(rules, first, last, peer)
        if open_ is None:
            what = _(
                "Could not check whether the load balancer can reach its tasks on port {ports}"
            )
            yield _untold(context, INSTANCES, what.format(ports=ports))
        elif not open_:
            yield error(
                RULE,
                INSTANCES,
                _(
                    "No chosen instance security group allows the load balancer to reach the tasks "
                    "on port {ports}. The tasks will never become healthy."
                ).format(ports=ports),
                _(
                    "allow inbound TCP {ports} from the load balancer in one of them, or choose "
                    "none to create one"
                ).format(ports=ports),
            )


def _path_ports(context: Context) -> Iterator[tuple[int, int]]:
    """Yield the ranges of ports on which requests and health checks go to tasks."""
    first, last = task_ports(context)
    yield first, last
    checked = context.stack.health_check.port
    if context.stack.task.network_mode == "bridge":
        return  # No other port reaches a task in bridge mode. The rule port-range reports it.
    if checked != TRAFFIC_PORT and not first <= int(checked) <= last:
        yield int(checked), int(checked)


def _untold(context: Context, field: str, what: str) -> Finding:
    if isinstance(context.account.subnets, Unknown):
        return unknown(RULE, field, context.account.subnets, what)
    message = _(
        "{what}: the security group rules use prefix lists, or the addresses of the subnets are "
        "unknown."
    ).format(what=what)
    return undecided(
        RULE, field, message, _("check that the rules allow the addresses on the other side")
    )


def _peer(context: Context, groups: tuple[str, ...], subnet_ids: tuple[str, ...]) -> Peer:
    subnets = context.subnets(subnet_ids) or ()
    return Peer(frozenset(groups), tuple(IPv4Network(it.cidr) for it in subnets if it.cidr))


def _vpc_networks(context: Context) -> tuple[IPv4Network, ...]:
    vpcs, wanted = context.account.vpcs, context.stack.network.vpc_id
    return tuple(
        IPv4Network(cidr)
        for it in (vpcs.value if isinstance(vpcs, Known) else ())
        if it.id == wanted
        for cidr in it.cidrs
    )


def _ports(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _anyone(rules: list[SecurityGroupRule], port: int) -> bool:
    return bool(allowed_sources(rules, port)) or any(
        it.group_ids or it.prefix_list_ids for it in rules if it.covers(port, port)
    )
