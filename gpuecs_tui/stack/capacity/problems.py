"""Contradictions between the decisions about AMIs and their refresh."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.fleet import RELEASES
from gpuecs_tui.stack.model import Stack


def release_of_ami(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield that a release is one of another operating system."""
    fleet = stack.fleet
    pattern = RELEASES.get(fleet.ami)
    if fleet.ami_release and pattern and not re.fullmatch(pattern, fleet.ami_release, re.ASCII):
        yield (
            "fleet.ami_release",
            _("must be a release of {ami}, which fleet.ami sets").format(ami=fleet.ami),
        )


def checkpoints(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield the rules of StartInstanceRefresh for CheckpointPercentages."""
    percents = [int(it) for it in stack.fleet.refresh_checkpoints]
    if percents != sorted(percents):
        yield "fleet.refresh_checkpoints", _("must be in ascending order")
    elif percents and percents[-1] != 100:
        yield (
            "fleet.refresh_checkpoints",
            _("must end with 100; otherwise, some instances are never replaced"),
        )
