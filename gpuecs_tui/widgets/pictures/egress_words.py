"""The egress paths of the instance subnets, in words."""

from __future__ import annotations

from itertools import groupby

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.network.egress_paths import REGISTRY, EgressPath, egress_paths
from gpuecs_tui.i18n import _


def egress_line(context: Context) -> str:
    """Return how instances reach ECS, registry and logs; subnets with the same path are grouped.

    Empty if no subnet is chosen or its routes are unknown.
    """
    paths = sorted(egress_paths(context), key=lambda it: (_path(it), it.zone))
    groups = [
        f"{path} ({', '.join(dict.fromkeys(it.zone for it in same))})"
        for path, same in groupby(paths, key=_path)
    ]
    if not groups:
        return ""
    return _("Route to ECS, registry and logs: {ways}").format(ways="; ".join(groups))


def _path(it: EgressPath) -> str:
    way = {
        "nat": _("NAT gateway"),
        "public-address": _("internet gateway"),
        "no-address": _("none (internet gateway, but no public IP address)"),
        "other": _("{via} (destination not checked)"),
        "none": _("no route"),
    }[it.way].format(via=it.via)
    if not it.known:
        return _("{way}, VPC endpoints unknown").format(way=way)
    if it.endpoints and not it.missing and it.way not in ("nat", "public-address"):
        return _("VPC endpoints (created by the stack)") if it.created else _("VPC endpoints")
    if it.endpoints:
        way = _("{way}, VPC endpoints for {services}").format(
            way=way, services=", ".join(it.endpoints)
        )
    if it.missing:
        way = _("{way}, no endpoint for {services}").format(
            way=way,
            services=", ".join(
                _("the image registry") if name == REGISTRY else name for name in it.missing
            ),
        )
    return way
