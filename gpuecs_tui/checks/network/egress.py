"""Rule egress: can an instance reach ECS, ECR and the logs, or does it never register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from gpuecs_tui.aws.ecr import ipv4_reference
from gpuecs_tui.aws.network_facts import RouteTable, Subnet, egress_of, table_of
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown, warning
from gpuecs_tui.checks.network.endpoints import (
    FOR_ECR,
    create,
    endpoints_to_create,
    lasting,
    missing_endpoints,
    needed_endpoints,
    served_by_endpoints,
)
from gpuecs_tui.checks.network.zones import keep_instances_in
from gpuecs_tui.i18n import _

Way = Literal["good", "no-address", "none", "other"]

FIELD = "network.instance_subnet_ids"


def egress(context: Context) -> Iterator[Finding]:
    """Each instance subnet needs a NAT, public addresses, or the VPC endpoints of ECS."""
    yield from endpoints_to_create(context)
    subnets = context.subnets(context.stack.network.instance_subnet_ids)
    if not subnets:
        return
    tables = context.account.route_tables
    if isinstance(tables, Unknown):
        what = _("Whether instances can reach ECS can't be told")
        yield unknown("egress", FIELD, tables, what)
        return
    yield from _tasks(context, subnets, tables.value)
    ways = {it.id: _way(context, it, tables.value) for it in subnets}
    good = tuple(it.id for it in subnets if ways[it.id] == "good")
    for way, tell in (("no-address", _no_address), ("none", _none), ("other", _other)):
        stuck = [it for it in subnets if ways[it.id] == way]
        if stuck:
            where = ", ".join(f"{it.id} ({it.zone})" for it in stuck)
            yield tell(context, where, _missing(context, stuck, tables.value), good)


def _way(context: Context, subnet: Subnet, tables: tuple[RouteTable, ...]) -> Way:
    way = egress_of(subnet, tables)
    if way == "nat" or (way == "internet-gateway" and subnet.assigns_public_address):
        return "good"
    # An image from elsewhere than ECR has no endpoint.
    if served_by_endpoints(context.stack) and _missing(context, [subnet], tables) == ():
        return "good"
    if way == "other":
        return "other"
    return "no-address" if way == "internet-gateway" else "none"


def _missing(
    context: Context, subnets: Iterable[Subnet], tables: tuple[RouteTable, ...]
) -> tuple[str, ...] | None:
    """Return the services that some of ``subnets`` has no endpoint for; None when not known."""
    endpoints = context.account.vpc_endpoints
    there = lasting(context)
    missing = {
        service
        for it in subnets
        for service in missing_endpoints(context.stack, it, table_of(it, tables), there)
    }
    if missing and isinstance(endpoints, Unknown):
        return None
    return tuple(it for it in needed_endpoints(context.stack) if it in missing)


def _no_address(
    context: Context, where: str, missing: tuple[str, ...] | None, good: tuple[str, ...]
) -> Finding:
    message = _(
        "Instances in {subnets} get no public address, so that the internet gateway is no way out: "
        "the ECS agent never registers."
    ).format(subnets=where)
    return _stuck(context, where, message, missing, good)


def _none(
    context: Context, where: str, missing: tuple[str, ...] | None, good: tuple[str, ...]
) -> Finding:
    message = _(
        "No route leads from {subnets} to a NAT or internet gateway: the ECS agent never "
        "registers, or the image can't be pulled."
    ).format(subnets=where)
    return _stuck(context, where, message, missing, good)


def _other(
    _context: Context, where: str, _missing: tuple[str, ...] | None, _good: tuple[str, ...]
) -> Finding:
    return undecided(
        "egress",
        FIELD,
        _(
            "From {subnets} the default route leads through something that is not AWS's own NAT; "
            "whether it reaches ECS can't be told."
        ).format(subnets=where),
        _("be sure that it leads to ECS, the image's registry and CloudWatch Logs"),
    )


def _stuck(
    context: Context,
    where: str,
    message: str,
    missing: tuple[str, ...] | None,
    good: tuple[str, ...],
) -> Finding:
    endpoints = context.account.vpc_endpoints
    image = context.stack.task.image
    ipv4 = ipv4_reference(image)
    if isinstance(endpoints, Unknown) and (served_by_endpoints(context.stack) or ipv4 != image):
        what = _(
            "Only VPC endpoints could be a way out of {subnets}, and which there are can't be told"
        ).format(subnets=where)
        return unknown("egress", FIELD, endpoints, what)
    if missing == ():
        return _unreachable_image(context, where, good)
    services, fix = list(missing or ()), None
    remedy = _("take subnets with a NAT gateway, or create VPC endpoints for {services}")
    if served_by_endpoints(context.stack):
        fix = create(context, missing or ())
    elif ipv4 != image:
        remedy = _(
            "take subnets with a NAT gateway, or name the image {image} and create VPC endpoints "
            "for {services}"
        )
        services += FOR_ECR
    else:
        remedy = _(
            "take subnets with a NAT gateway, or an image in ECR and VPC endpoints for {services}"
        )
        services += FOR_ECR
    remedy = remedy.format(services=", ".join(services), image=ipv4)
    if not good:
        return error("egress", FIELD, message, remedy, fix)
    remedy = _("{remedy}, or leave these out").format(remedy=remedy)
    return error("egress", FIELD, message, remedy, keep_instances_in(context.stack, good))


def _unreachable_image(context: Context, where: str, good: tuple[str, ...]) -> Finding:
    """Endpoints lead to everything but the image."""
    image = context.stack.task.image
    if (ipv4 := ipv4_reference(image)) != image:
        return error(
            "egress",
            "task.image",
            _(
                "VPC endpoints are the only path out of {subnets}, and ECR has none for the "
                "dual-stack name of the registry in {image}. The image can't be pulled."
            ).format(subnets=where, image=image),
            fix=(("task.image", ipv4),),
        )
    return error(
        "egress",
        "task.image",
        _(
            "VPC endpoints are the only way out of {subnets}, and none leads to the registry of "
            "{image}: it can't be pulled."
        ).format(subnets=where, image=context.stack.task.image),
        _("take an image in ECR, or instance subnets with a NAT gateway only"),
        keep_instances_in(context.stack, good) if good else None,
    )


def _tasks(
    context: Context, subnets: tuple[Subnet, ...], tables: tuple[RouteTable, ...]
) -> Iterator[Finding]:
    public = [it.id for it in subnets if egress_of(it, tables) == "internet-gateway"]
    if context.stack.task.network_mode == "awsvpc" and public:
        yield warning(
            "egress",
            "task.network_mode",
            _(
                "An awsvpc task gets no public address, so that from {subnets} your code reaches "
                "nothing outside the VPC; the image and the logs go the instance's way."
            ).format(subnets=", ".join(public)),
            _("use bridge mode, or subnets with a NAT gateway"),
            (("task.network_mode", "bridge"),),
        )
