"""Rule region: is it one that the account can use."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, unknown
from gpuecs_tui.i18n import _

FIELD = "stack.region"


def region(context: Context) -> Iterator[Finding]:
    """The region must be one of the partition's, and opted into where that is asked for.

    As ec2:DescribeRegions says (EC2 API reference, ``OptInStatus``).
    """
    name, reading = context.stack.stack.region, context.account.regions
    if not name:
        return
    if isinstance(reading, Unknown):
        what = _("Whether this account can use {region} can't be told").format(region=name)
        yield unknown("region", FIELD, reading, what)
        return
    found = next((it for it in reading.value if it.name == name), None)
    if found is None:
        yield error(
            "region",
            FIELD,
            _("There is no region {region} for this account.").format(region=name),
            _("take one that exists"),
        )
    elif not found.enabled:
        yield error(
            "region",
            FIELD,
            _("The account hasn't opted into {region}: nothing can be made there.").format(
                region=name
            ),
            _("enable it in the account's settings, or take another region"),
        )
