"""The Region of an applied stack can't change: resources can't move to another Region.

With another Region in the configuration, the provider does not find the resources of the state
there, drops them from the state and plans to create all of them again. The resources in the old
Region remain and are no longer managed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.read.configuration import Configuration

_ARN = re.compile(r"arn:[\w-]+:[\w-]+:(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d+):")
"""An ARN with a region: those of IAM have none."""


def refuse_another_region(
    stored: Iterable[Mapping[str, Any]], configuration: Configuration
) -> None:
    """Raise RunProblem if the provider's Region isn't that of the resources in the state.

    ``stored`` are the attributes of each resource instance in the state.
    """
    used = Counter(_regions(stored))
    wanted = configuration.value("provider.aws", "region")
    if used and isinstance(wanted, str) and wanted not in used:
        region = used.most_common(1)[0][0]
        raise RunProblem(
            _(
                "Nothing was planned: the resources of this stack are in {region}, and "
                "stack.region is {wanted}. A stack can't move to another Region."
            ).format(region=region, wanted=wanted),
            _(
                "Set stack.region to {region}. To create a stack in {wanted}, use another "
                "directory."
            ).format(region=region, wanted=wanted),
        )


def _regions(stored: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for attributes in stored:
        arn = attributes.get("arn")
        if isinstance(arn, str) and (found := _ARN.match(arn)):
            yield found["region"]
