"""The Region of an applied stack can't change: resources can't move to another Region.

With another Region in the configuration, the provider does not find the resources of the state
there, drops them from the state and plans to create all of them again. The resources in the old
Region remain and are no longer managed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.base.stored_attributes import stored_attributes
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.files import read_texts
from gpuecs_tui.terraform.state.backend import local_state

_ARN = re.compile(r"arn:[\w-]+:[\w-]+:(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d+):")
"""An ARN with a region: those of IAM have none."""


def refuse_another_region(directory: Path, environ: Mapping[str, str]) -> None:
    """Raise RunProblem if the provider's Region isn't that of the resources in the state.

    Reads the files and a local state. Unreadable files and a remote state are left to the plan.
    """
    state = local_state(directory, environ)
    used = Counter(_regions(state)) if state is not None else Counter()
    if not used:
        return
    try:
        wanted = load_configuration(read_texts(directory)).value("provider.aws", "region")
    except ReadProblem:
        return
    if isinstance(wanted, str) and wanted not in used:
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


def _regions(state: Path) -> Iterator[str]:
    for _address, attributes in stored_attributes(state):
        arn = attributes.get("arn")
        if isinstance(arn, str) and (found := _ARN.match(arn)):
            yield found["region"]
