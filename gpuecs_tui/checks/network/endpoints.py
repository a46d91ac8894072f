"""VPC endpoints: which are needed, which exist, and which can't be created."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gpuecs_tui.aws.ecr import is_served_by_endpoints
from gpuecs_tui.aws.network_facts import RouteTable, Subnet, VpcEndpoint, table_of
from gpuecs_tui.aws.reading import Unknown, value_or
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, error, undecided, unknown
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.containers.references import images_of, secret_references
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.network import ECR_ENDPOINTS, GATEWAY_ENDPOINT, in_endpoint_order

FIELD = "network.vpc_endpoints"
_ADDRESS = "aws_vpc_endpoint."
"""The start of the resource address of each endpoint that a stack creates."""
ALWAYS = ("ecs", "ecs-agent", "ecs-telemetry", "logs")
"""Interface endpoints without which the agent doesn't register or the task doesn't start."""
FOR_ECR = (*ECR_ENDPOINTS, GATEWAY_ENDPOINT)
"""For images in ECR, whose layers come from S3 (by a gateway endpoint, usually)."""


def served_by_endpoints(stack: Stack) -> bool:
    """Return whether endpoints reach every image: in ECR, under the registry's IPv4 name."""
    return all(is_served_by_endpoints(image) for _key, image in images_of(stack))


def image_beyond_endpoints(stack: Stack) -> tuple[str, str]:
    """Return key and reference of the first image that no endpoint reaches, or of the first."""
    found = [*images_of(stack)]
    return next((it for it in found if not is_served_by_endpoints(it[1])), found[0])


def needed_endpoints(stack: Stack) -> tuple[str, ...]:
    """Return the services that need endpoints if the stack has no internet access."""
    needed = [*ALWAYS]
    if any(is_served_by_endpoints(image) for _key, image in images_of(stack)):
        needed += FOR_ECR
    arns = secret_references(stack)
    if any(":secretsmanager:" in arn for arn in arns):
        needed.append("secretsmanager")
    if any(":secretsmanager:" not in arn for arn in arns):
        needed.append("ssm")
    if stack.service.execute_command:
        needed.append("ssmmessages")
    return tuple(needed)


def missing_endpoints(
    stack: Stack, subnet: Subnet, table: RouteTable | None, endpoints: tuple[VpcEndpoint, ...]
) -> tuple[str, ...]:
    """Return the needed services that no endpoint serves in ``subnet``; see ``unserved``."""
    return unserved(needed_endpoints(stack), stack, subnet, table, endpoints)


def unserved(
    services: Iterable[str],
    stack: Stack,
    subnet: Subnet,
    table: RouteTable | None,
    endpoints: tuple[VpcEndpoint, ...],
) -> tuple[str, ...]:
    """Return the services that neither an existing nor a created endpoint serves in ``subnet``.

    ``table`` is the subnet's route table; ``endpoints`` come from ``lasting``.
    """
    served = {
        it.service
        for it in endpoints
        if it.vpc_id == subnet.vpc_id
        and (
            (table is not None and table.id in it.route_table_ids)
            if it.kind == "Gateway"
            else it.private_dns
        )
    }
    if subnet.vpc_id == stack.network.vpc_id:
        served |= {*stack.network.vpc_endpoints}
    return tuple(it for it in services if it not in served)


def lasting(context: Context) -> tuple[VpcEndpoint, ...]:
    """Return the endpoints that don't belong to the stack; none while they are unknown.

    The stack's own endpoints last only while they are chosen.
    """
    there = value_or(context.account.vpc_endpoints, ())
    return tuple(it for it in there if it.id not in (context.owned or ()))


def endpoint_subnets(context: Context) -> tuple[str, ...]:
    """Return the instance subnets for created endpoints: the first subnet of each zone.

    All of them while their zones are unknown.
    """
    ids = context.stack.network.instance_subnet_ids
    subnets = context.subnets(ids)
    if subnets is None:
        return ids
    first: dict[str, str] = {}
    for it in subnets:
        first.setdefault(it.zone, it.id)
    return tuple(first.values())


def with_endpoints(context: Context, missing: tuple[str, ...]) -> Fix | None:
    """Return the fix that also creates the endpoints ``missing``; None if AWS rejects one."""
    if not missing or in_the_way(context).keys() & {*missing}:
        return None
    return ((FIELD, in_endpoint_order({*context.stack.network.vpc_endpoints, *missing})),)


def endpoints_to_create(context: Context) -> Iterator[Finding]:
    """An endpoint that the stack creates must not exist yet."""
    chosen = context.stack.network.vpc_endpoints
    if not chosen:
        return
    reading = context.account.vpc_endpoints
    if isinstance(reading, Unknown):
        what = _("Could not check which VPC endpoints already exist")
        yield unknown("egress", FIELD, reading, what)
    taken = {name: ids for name, ids in in_the_way(context).items() if name in chosen}
    if taken:
        yield _taken(context, taken)


def in_the_way(context: Context) -> dict[str, tuple[str, ...]]:
    """Return service → ids of existing endpoints that prevent another one, without the stack's own.

    A VPC can have a private DNS name only once, and a route table only one route to S3.
    """
    network = context.stack.network
    tables = value_or(context.account.route_tables, ())
    subnets = context.subnets(network.instance_subnet_ids) or ()
    used = {table.id for it in subnets if (table := table_of(it, tables))}
    found: dict[str, tuple[str, ...]] = {}
    for it in lasting(context):
        gateway = it.kind == "Gateway"
        clashes = used & {*it.route_table_ids} if gateway else it.private_dns
        if clashes and it.vpc_id == network.vpc_id and gateway == (it.service == GATEWAY_ENDPOINT):
            found[it.service] = (*found.get(it.service, ()), it.id)
    return found


def _taken(context: Context, taken: dict[str, tuple[str, ...]]) -> Finding:
    message = _("The VPC already has endpoints for {services}. AWS rejects a second one.").format(
        services=", ".join(f"{name} ({', '.join(ids)})" for name, ids in taken.items())
    )
    chosen = context.stack.network.vpc_endpoints
    fix: Fix = ((FIELD, tuple(it for it in chosen if it not in taken)),)
    if context.owned is None:
        message = (
            _("{message} Could not check whether they belong to this stack. {reason}")
            .format(message=message, reason=context.state.unread)
            .rstrip()
        )
        return undecided("egress", FIELD, message, context.state.remedy)
    creating = context.state.creating
    if run := next((run for it, run in creating.items() if it.startswith(_ADDRESS)), ""):
        message = _(
            "{message} Run {run} of this stack is creating endpoints. Whether these are the same "
            "endpoints is unknown until the run ends."
        ).format(message=message, run=run)
        return undecided("egress", FIELD, message, _("wait until the run ends"))
    return error("egress", FIELD, message, fix=fix)
