"""The deployed service of a directory and the decisions in it, as its changes need them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import cast

from gpuecs_tui.commands.change.interrupted import restore_interrupted, worded
from gpuecs_tui.commands.service.here import ServiceHere, service_here
from gpuecs_tui.commands.stack_source import read_directory
from gpuecs_tui.stack.scaling.autoscaling import COUNT
from gpuecs_tui.terraform.read.directory import ReadBack
from gpuecs_tui.terraform.write.value_change import refuse_unread

TASKS = "service.desired_count"
IGNORED, SCALED = "service.ignore_changes", "autoscaling.enabled"


@contextmanager
def service_to_change(
    arguments: argparse.Namespace, key: str
) -> Iterator[tuple[ServiceHere, ReadBack]]:
    """Give the service and what its directory says, without the values of a killed command.

    ``key``: the decision that the command changes. Raises Failure as ``service_here`` does, and if
    ``key``, or whether Terraform ignores it, could not be read.
    """
    with service_here(arguments) as here:
        restore_interrupted(here.directory)
        found = read_directory(here.directory)
        with worded():
            scaled = (SCALED,) if key == TASKS else ()
            refuse_unread(found, (key, IGNORED, *scaled))
        yield here, found


def ignores(found: ReadBack, attribute: str) -> bool:
    """Tell whether Terraform ignores ``attribute`` of the service."""
    if attribute == COUNT and found.answers[SCALED]:
        return True
    return attribute in cast(Iterable[str], found.answers[IGNORED])
