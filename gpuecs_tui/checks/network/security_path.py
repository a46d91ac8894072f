"""Rule security-path: do chosen security groups let requests through, from client to task."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from gpuecs_tui.aws.network_facts import SecurityGroup, SecurityGroupRule
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown, warning
from gpuecs_tui.checks.network.ports import EPHEMERAL_FIRST, host_port
from gpuecs_tui.checks.network.security_group_access import Peer, lets_through, sources
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.load_balancer import TRAFFIC_PORT
from gpuecs_tui.stack.resolve import HTTP_PORT

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
    """Tell where nobody gets in at all, and where none of those do for whom the listener is.

    Whom else a chosen group keeps out is its owner's will: ``ingress_cidrs`` is about a group that
    is created.
    """
    balancer = context.stack.load_balancer
    port, rules = balancer.port, [rule for it in groups for rule in it.ingress]
    if not _anyone(rules, port):
        yield error(
            RULE,
            BALANCER,
            _("No chosen group of the load balancer lets anyone in on port {port}.").format(
                port=port
            ),
            _("allow TCP {port} in one of them, or choose none to create one").format(port=port),
        )
        return
    allowed = sources(rules, port)
    named = any(it.group_ids for it in rules if it.covers(port, port))
    listed = any(it.prefix_list_ids for it in rules if it.covers(port, port))
    if not balancer.internal and not listed and all(it.is_private for it in allowed):
        yield warning(
            RULE,
            BALANCER,
            _(
                "The load balancer faces the internet, but its chosen groups let only private "
                "addresses in on port {port}."
            ).format(port=port),
            _("allow TCP {port} from public addresses, or make the load balancer internal").format(
                port=port
            ),
        )
    own = _vpc_networks(context)
    outside = own and not any(it.overlaps(block) for it in allowed for block in own)
    if balancer.internal and outside and not named and not listed:
        yield undecided(
            RULE,
            BALANCER,
            _(
                "Nobody in the VPC reaches the listener on port {port}; the chosen groups let in "
                "{cidrs} only."
            ).format(port=port, cidrs=", ".join(map(str, allowed))),
            _("be sure that clients come from there, or let the VPC's addresses in"),
        )
    if balancer.protocol == "HTTPS" and not _anyone(rules, HTTP_PORT):
        yield warning(
            RULE,
            BALANCER,
            _(
                "No chosen group of the load balancer lets anyone in on port {port}: who types "
                "http:// is not sent on to HTTPS but waits in vain."
            ).format(port=HTTP_PORT),
            _("allow TCP {port} in one of them, or choose none to create one").format(
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
                "Whether the load balancer may send to its tasks on port {ports} can't be told"
            )
            yield _untold(context, BALANCER, what.format(ports=ports))
        elif not open_:
            yield error(
                RULE,
                BALANCER,
                _(
                    "No chosen group of the load balancer lets it send to its tasks on port "
                    "{ports}."
                ).format(ports=ports),
                _(
                    "allow outgoing TCP {ports} to the instances in one of them, or choose none to "
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
            what = _("Whether the load balancer reaches its tasks on port {ports} can't be told")
            yield _untold(context, INSTANCES, what.format(ports=ports))
        elif not open_:
            yield error(
                RULE,
                INSTANCES,
                _(
                    "No chosen group of the instances lets the load balancer reach its tasks on "
                    "port {ports}: none becomes healthy."
                ).format(ports=ports),
                _("allow TCP {ports} from the load balancer in one of them, or choose none").format(
                    ports=ports
                ),
            )


def _path_ports(context: Context) -> Iterator[tuple[int, int]]:
    """Yield the ranges of ports on which requests and health checks go to tasks."""
    first, last = task_ports(context)
    yield first, last
    checked = context.stack.health_check.port
    if context.stack.task.network_mode == "bridge":
        return  # No other port leads to a task there: port-range says so.
    if checked != TRAFFIC_PORT and not first <= int(checked) <= last:
        yield int(checked), int(checked)


def _untold(context: Context, field: str, what: str) -> Finding:
    if isinstance(context.account.subnets, Unknown):
        return unknown(RULE, field, context.account.subnets, what)
    message = _("{what}: their rules name prefix lists, or addresses of unknown subnets.").format(
        what=what
    )
    return undecided(RULE, field, message, _("be sure that these hold the other side's addresses"))


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
    return bool(sources(rules, port)) or any(
        it.group_ids or it.prefix_list_ids for it in rules if it.covers(port, port)
    )
