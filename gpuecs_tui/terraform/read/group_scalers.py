"""What scales the Auto Scaling group of a stack besides its capacity provider."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.terraform.hcl.tree import ReadProblem, mentions
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.files import read_files
from gpuecs_tui.terraform.read.rules import GROUP

TYPES = ("aws_autoscaling_policy", "aws_autoscaling_schedule")


def group_scalers(directory: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of scaling policies and schedules of the stack's Auto Scaling group.

    ``environ`` may set variables. Never raises: a file that can't be read has none.
    """
    try:
        files = read_files(directory)
    except ReadProblem:
        return ()
    # Parsing takes 20 ms, so it is done only for a directory that may have one.
    if not any(kind in text for text in files.texts.values() for kind in TYPES):
        return ()
    configuration = load_configuration(files.texts, files.unreadable, environ)
    name = configuration.value(GROUP, "name")
    found = []
    for address, (_file, block) in configuration.blocks.items():
        group = block.body.attributes.get("autoscaling_group_name")
        if block.kind != "resource" or block.labels[0] not in TYPES or group is None:
            continue
        value = configuration.scope.value(group.value)
        if mentions(group.value, GROUP) or (isinstance(value, str) and value == name):
            found.append(address)
    return tuple(found)
