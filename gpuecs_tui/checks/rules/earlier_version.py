"""Rule earlier-version: the upgrade of a directory is a change of its own, applied first."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, warning
from gpuecs_tui.i18n import _

RULE = "earlier-version"


def earlier_version(context: Context) -> Iterator[Finding]:
    """An earlier version wrote the directory, or its upgrade is not applied: what to do first."""
    state = context.state
    if state.earlier:
        yield warning(
            RULE,
            "stack.name",
            _(
                "An earlier version of gpuecs-tui wrote this directory. A change between HTTP and "
                "HTTPS can fail half-way, a security group that is given up is deleted under "
                "running instances, and an apply deregisters the revision that a roll-back needs."
            ),
            _(
                "before any other change, bring it up to date and apply that alone: u in the "
                "review, or gpuecs-tui render {directory} {directory}; once that is applied, the "
                "same with --up-to-date sets the new defaults"
            ).format(directory=state.earlier),
        )
    elif state.unapplied:
        yield warning(
            RULE,
            "stack.name",
            _(
                "This directory was upgraded from an earlier version of gpuecs-tui, and the "
                "upgrade is not applied yet. Until it is, a security group that is given up is "
                "deleted under running instances, and an apply deregisters the revision that a "
                "roll-back needs."
            ),
            _(
                "plan and apply the upgrade before any other change: the step Run, or "
                "gpuecs-tui apply {directory} --yes"
            ).format(directory=state.unapplied),
        )
