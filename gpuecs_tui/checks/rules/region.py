"""Rule region: the account can use the Region."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, unknown
from gpuecs_tui.i18n import _

FIELD = "stack.region"


def region(context: Context) -> Iterator[Finding]:
    """The Region must be in the partition and enabled if it needs an opt-in.

    Source: ec2:DescribeRegions (EC2 API reference, ``OptInStatus``).
    """
    name, reading = context.stack.stack.region, context.account.regions
    if not name:
        return
    if isinstance(reading, Unknown):
        what = _("Could not check whether this account can use {region}").format(region=name)
        yield unknown("region", FIELD, reading, what)
        return
    found = next((it for it in reading.value if it.name == name), None)
    if found is None:
        yield error(
            "region",
            FIELD,
            _("Region {region} does not exist for this account.").format(region=name),
            _("choose an existing Region"),
        )
    elif not found.enabled:
        yield error(
            "region",
            FIELD,
            _(
                "Region {region} is not enabled for this account. No resources can be created "
                "there."
            ).format(region=name),
            _("enable it in the account settings, or choose another Region"),
        )
