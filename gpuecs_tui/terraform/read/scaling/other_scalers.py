"""What scales the Auto Scaling group of a stack, or the tasks of its service, besides gpuecs-tui's
Terraform."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.terraform.hcl.tree import Block, ReadProblem, mentions
from gpuecs_tui.terraform.read.configuration import Configuration, load_configuration
from gpuecs_tui.terraform.read.files import read_files
from gpuecs_tui.terraform.read.rules import (
    CLUSTER,
    GROUP,
    SCALABLE_TARGET,
    SCALING_POLICIES,
    SCHEDULED_ACTIONS,
    SERVICE,
)

_OF_GROUP = ("aws_autoscaling_policy", "aws_autoscaling_schedule")
_OF_TASKS = (
    "aws_appautoscaling_target",
    "aws_appautoscaling_policy",
    "aws_appautoscaling_scheduled_action",
)
_OWN = frozenset({SCALABLE_TARGET, SCHEDULED_ACTIONS, *SCALING_POLICIES.values()})


def other_scalers(directory: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of what scales the stack's Auto Scaling group or, besides the stack's
    own scalable target, its service.

    ``environ`` may set variables. Never raises: a file that can't be read has none.
    """
    try:
        files = read_files(directory)
    except ReadProblem:
        return ()
    # Parsing takes 20 ms, so it is done only for a directory that may have one.
    if not any(kind in text for text in files.texts.values() for kind in (*_OF_GROUP, *_OF_TASKS)):
        return ()
    configuration = load_configuration(files.texts, files.unreadable, environ)
    return tuple(
        address
        for address, (_file, block) in configuration.blocks.items()
        if block.kind == "resource" and _scales(address, block, configuration)
    )


def _scales(address: str, block: Block, configuration: Configuration) -> bool:
    kind = block.labels[0]
    if kind in _OF_GROUP:
        return _refers(block, "autoscaling_group_name", (GROUP,), configuration)
    if kind not in _OF_TASKS or address in _OWN or SCALABLE_TARGET not in configuration.blocks:
        return False
    return _refers(block, "resource_id", (SERVICE, SCALABLE_TARGET), configuration)


def _refers(
    block: Block, argument: str, addresses: tuple[str, ...], configuration: Configuration
) -> bool:
    """Tell whether an argument mentions one of ``addresses``, or is the name of the group or the
    id of the service."""
    found = block.body.attributes.get(argument)
    if found is None:
        return False
    value = configuration.scope.value(found.value)
    names = {
        "autoscaling_group_name": configuration.value(GROUP, "name"),
        "resource_id": "service/{}/{}".format(
            configuration.value(CLUSTER, "name"), configuration.value(SERVICE, "name")
        ),
    }
    return any(mentions(found.value, it) for it in addresses) or (
        isinstance(value, str) and value == names[argument]
    )
