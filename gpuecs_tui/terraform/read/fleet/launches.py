"""The answers about the AMI of new instances, and about the refresh of running ones."""

from __future__ import annotations

from gpuecs_tui.terraform.hcl.values import UnknownValue
from gpuecs_tui.terraform.read.configuration import Configuration
from gpuecs_tui.terraform.read.gathered import Gathered
from gpuecs_tui.terraform.read.rules import GROUP, TEMPLATE


def image(configuration: Configuration, found: Gathered) -> None:
    """Read the AMI, or the operating system in an SSM parameter."""
    placed = configuration.expression(TEMPLATE, "image_id")
    if placed is None:
        return
    value = configuration.scope.value(placed[0])
    if isinstance(value, UnknownValue):
        source = value.reference.rpartition(".")[0]
        parameter = configuration.value(source, "name")
        if isinstance(parameter, str) and parameter.startswith("/aws/service/bottlerocket/aws-ecs"):
            value = "bottlerocket"
        elif isinstance(parameter, str) and "/amazon-linux-2023/gpu/" in parameter:
            value = "al2023"
    found.take("fleet.ami", value, placed[1], f"{TEMPLATE}.image_id")


def refresh(configuration: Configuration, found: Gathered) -> None:
    """Read whether a new launch template version replaces instances."""
    if GROUP not in configuration.blocks:
        return
    if withheld := configuration.withheld(GROUP, "instance_refresh"):
        why, place = withheld
        found.take("fleet.instance_refresh", UnknownValue(why), place, f"{GROUP}.instance_refresh")
    else:
        block = configuration.body(GROUP, "instance_refresh")
        found.answers["fleet.instance_refresh"] = block is not None
