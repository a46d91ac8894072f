"""A region that was named on the command line and that AWS does not have."""

from __future__ import annotations

from gpuecs_tui.commands.failure import EXIT_USAGE, Failure
from gpuecs_tui.i18n import _


def refuse_malformed(region: str) -> None:
    """Raise Failure where ``region`` has not the form of a region's name; empty is none."""
    if not region:
        return
    from gpuecs_tui.aws.region_names import is_region_name

    if not is_region_name(region):
        raise unknown_region(region)


def unknown_region(region: str) -> Failure:
    """Return that AWS has no ``region``, as a failure of the command line."""
    return Failure(
        _("There is no AWS region {region}.").format(region=region),
        _("Use the name of a region, such as us-east-1."),
        EXIT_USAGE,
    )
