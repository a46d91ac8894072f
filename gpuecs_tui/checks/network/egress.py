"""Rule egress: whether an instance can reach ECS, ECR, and CloudWatch Logs."""

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
    endpoints_to_create,
    image_beyond_endpoints,
    lasting,
    missing_endpoints,
    needed_endpoints,
    served_by_endpoints,
    with_endpoints,
)
from gpuecs_tui.checks.network.zones import keep_instances_in
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.releases.strategy import shifts_traffic

EgressRating = Literal["good", "no-address", "none", "other"]

FIELD = "network.instance_subnet_ids"


def egress(context: Context) -> Iterator[Finding]:
    """Each instance subnet needs NAT, public addresses, or the VPC endpoints of ECS."""
    yield from endpoints_to_create(context)
    subnets = context.subnets(context.stack.network.instance_subnet_ids)
    if not subnets:
        return
    tables = context.account.route_tables
    if isinstance(tables, Unknown):
        what = _("Could not check whether instances can reach ECS")
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


def _way(context: Context, subnet: Subnet, tables: tuple[RouteTable, ...]) -> EgressRating:
    way = egress_of(subnet, tables)
    if way == "nat" or (way == "internet-gateway" and subnet.assigns_public_address):
        return "good"
    # A registry other than ECR has no VPC endpoint.
    if served_by_endpoints(context.stack) and _missing(context, [subnet], tables) == ():
        return "good"
    if way == "other":
        return "other"
    return "no-address" if way == "internet-gateway" else "none"


def _missing(
    context: Context, subnets: Iterable[Subnet], tables: tuple[RouteTable, ...]
) -> tuple[str, ...] | None:
    """Return the services without an endpoint in some of ``subnets``; None if unknown."""
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
        "Instances in {subnets} get no public IP address and can't use the internet gateway. The "
        "ECS agent will never register."
    ).format(subnets=where)
    return _stuck(context, where, message, missing, good)


def _none(
    context: Context, where: str, missing: tuple[str, ...] | None, good: tuple[str, ...]
) -> Finding:
    message = _(
        "Instances in {subnets} have no route to a NAT gateway or an internet gateway. The ECS "
        "agent will never register, or the image can't be pulled."
    ).format(subnets=where)
    return _stuck(context, where, message, missing, good)


def _other(
    _context: Context, where: str, _missing: tuple[str, ...] | None, _good: tuple[str, ...]
) -> Finding:
    return undecided(
        "egress",
        FIELD,
        _(
            "The default route of {subnets} has a target other than a NAT gateway or an internet "
            "gateway. Could not check whether that target reaches ECS."
        ).format(subnets=where),
        _("check that it reaches ECS, the image registry, and CloudWatch Logs"),
    )


def _stuck(
    context: Context,
    where: str,
    message: str,
    missing: tuple[str, ...] | None,
    good: tuple[str, ...],
) -> Finding:
    endpoints = context.account.vpc_endpoints
    _key, image = image_beyond_endpoints(context.stack)
    ipv4 = ipv4_reference(image)
    if isinstance(endpoints, Unknown) and (served_by_endpoints(context.stack) or ipv4 != image):
        what = _(
            "Could not check the VPC endpoints, which are the only possible connection from "
            "{subnets} to ECS"
        ).format(subnets=where)
        return unknown("egress", FIELD, endpoints, what)
    if missing == ():
        return _unreachable_image(context, where, good)
    services, fix = list(missing or ()), None
    remedy = _("choose subnets with a NAT gateway, or create VPC endpoints for {services}")
    if served_by_endpoints(context.stack):
        fix = with_endpoints(context, missing or ())
    elif ipv4 != image:
        remedy = _(
            "choose subnets with a NAT gateway, or set the image to {image} and create VPC "
            "endpoints for {services}"
        )
        services += FOR_ECR
    else:
        remedy = _(
            "choose subnets with a NAT gateway, or use an image in ECR and create VPC endpoints "
            "for {services}"
        )
        services += FOR_ECR
    remedy = remedy.format(services=", ".join(services), image=ipv4)
    if not good:
        return error("egress", FIELD, message, remedy, fix)
    remedy = _("{remedy}, or remove these subnets").format(remedy=remedy)
    return error("egress", FIELD, message, remedy, keep_instances_in(context.stack, good))


def _unreachable_image(context: Context, where: str, good: tuple[str, ...]) -> Finding:
    """Return the error that no endpoint reaches the registry of the image."""
    key, image = image_beyond_endpoints(context.stack)
    if (ipv4 := ipv4_reference(image)) != image:
        return error(
            "egress",
            key,
            _(
                "Instances in {subnets} can use only VPC endpoints. ECR has no VPC endpoint for "
                "the dual-stack registry name in {image}, so the image can't be pulled."
            ).format(subnets=where, image=image),
            "" if key == "task.image" else _("use {image}").format(image=ipv4),
            ((key, ipv4),) if key == "task.image" else None,
        )
    return error(
        "egress",
        key,
        _(
            "Instances in {subnets} can use only VPC endpoints. No VPC endpoint reaches the "
            "registry of {image}, so the image can't be pulled."
        ).format(subnets=where, image=image),
        _("use an image in ECR, or choose only instance subnets with a NAT gateway"),
        keep_instances_in(context.stack, good) if good else None,
    )


def _tasks(
    context: Context, subnets: tuple[Subnet, ...], tables: tuple[RouteTable, ...]
) -> Iterator[Finding]:
    public = [it.id for it in subnets if egress_of(it, tables) == "internet-gateway"]
    # These strategies need awsvpc (rule release-network).
    shifts = shifts_traffic(context.stack.service.deployment_strategy)
    if context.stack.task.network_mode == "awsvpc" and public:
        yield warning(
            "egress",
            "task.network_mode",
            _(
                "A task in awsvpc mode gets no public IP address, so its containers in {subnets} "
                "can't reach anything outside the VPC. Image pulls and logs use the connection of "
                "the instance."
            ).format(subnets=", ".join(public)),
            _("use bridge mode, or choose subnets with a NAT gateway")
            if not shifts
            else _("choose subnets with a NAT gateway"),
            None if shifts else (("task.network_mode", "bridge"),),
        )
