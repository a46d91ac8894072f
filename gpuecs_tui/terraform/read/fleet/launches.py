"""The answers about the AMI of new instances, and about the refresh of running ones."""

from __future__ import annotations

import re

from gpuecs_tui.stack.fleet import RELEASES
from gpuecs_tui.terraform.hcl.values import UnknownValue
from gpuecs_tui.terraform.read.configuration import Configuration
from gpuecs_tui.terraform.read.gathered import Gathered
from gpuecs_tui.terraform.read.rules import GROUP, READ_APART, TEMPLATE

_AMI, _RELEASE, _REFRESH, _CHECKPOINTS = (
    "fleet.ami", "fleet.ami_release", "fleet.instance_refresh", "fleet.refresh_checkpoints",
)  # fmt: skip
_PARAMETERS = {
    "al2023": re.compile(r"/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/([^/]+)(/.*)?"),
    "bottlerocket": re.compile(r"/aws/service/bottlerocket/aws-ecs[^/]*/[^/]+/([^/]+)(/.*)?"),
}
"""Operating system → SSM parameters of its AMIs; the first group is the release."""
_NEWEST = ("recommended", "latest")


def image(configuration: Configuration, found: Gathered) -> None:
    """Read the AMI, or the operating system and release in an SSM parameter."""
    placed = configuration.expression(TEMPLATE, "image_id")
    if placed is None:
        return
    value = configuration.scope.value(placed[0])
    release = ""
    if isinstance(value, UnknownValue):
        source = value.reference.rpartition(".")[0]
        parameter = configuration.value(source, "name")
        for ami, pattern in _PARAMETERS.items():
            if isinstance(parameter, str) and (match := pattern.fullmatch(parameter)):
                value, release = ami, "" if match[1] in _NEWEST else match[1]
    found.take(_AMI, value, placed[1], f"{TEMPLATE}.image_id")
    if found.answers.get(_AMI) in RELEASES:
        found.take(_RELEASE, release, placed[1], READ_APART[_RELEASE])


def refresh(configuration: Configuration, found: Gathered) -> None:
    """Read whether a new launch template version replaces instances, and at which checkpoints."""
    if GROUP not in configuration.blocks:
        return
    if withheld := configuration.withheld(GROUP, "instance_refresh"):
        why, place = withheld
        found.take(_REFRESH, UnknownValue(why), place, f"{GROUP}.instance_refresh")
        return
    found.answers[_REFRESH] = configuration.body(GROUP, "instance_refresh") is not None
    place_of = READ_APART[_CHECKPOINTS]
    placed = configuration.expression(GROUP, place_of.removeprefix(f"{GROUP}."))
    value = configuration.scope.value(placed[0]) if placed else []
    if isinstance(value, list):
        value = [str(it) if isinstance(it, int) else it for it in value]
    found.take(_CHECKPOINTS, value or [], placed[1] if placed else None, place_of)
