"""The public SSM parameters of the AMIs that a stack can name (docs/aws.md, "AMIs")."""

from __future__ import annotations

import re

from gpuecs_tui.stack.capacity.fleet_types import types_of
from gpuecs_tui.stack.model import Stack

AL2023 = "/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu"
BOTTLEROCKET = "/aws/service/bottlerocket/aws-ecs-2-nvidia/{arch}"
IMAGE_ID = "image_id"
"""Last part of the name of a parameter whose value is the ID of the AMI."""
NEWEST = {"al2023": "recommended", "bottlerocket": "latest"}
"""Operating system → the part of a parameter's name that stands for the newest release."""
_GRAVITON = re.compile(r"[a-z]+[0-9]+[a-z]*g[a-z]*\.")
"""Instance types whose attributes name Graviton (EC2's naming convention), such as g5g.xlarge."""


def releases_path(stack: Stack) -> str:
    """Return the path of the releases' parameters, or "" for an AMI ID.

    Bottlerocket also has one for Graviton; the ECS GPU AMI exists only for x86_64.
    """
    if stack.fleet.ami == "bottlerocket":
        arm = all(map(_GRAVITON.match, types_of(stack)))
        return BOTTLEROCKET.format(arch="arm64" if arm and types_of(stack) else "x86_64")
    return AL2023 if stack.fleet.ami == "al2023" else ""


def ami_parameter(stack: Stack) -> str:
    """Return the parameter with the chosen or else the newest AMI, or "" for an AMI ID."""
    path, ami = releases_path(stack), stack.fleet.ami
    return f"{path}/{stack.fleet.ami_release or NEWEST[ami]}/{IMAGE_ID}" if path else ""
