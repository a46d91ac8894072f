"""Rule earlier-version: apply the upgrade of a directory before any other change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word

RULE = "earlier-version"


def earlier_version(context: Context) -> Iterator[Finding]:
    """Warn if an earlier version wrote the directory, or if its upgrade is not applied yet."""
    state = context.state
    if state.earlier:
        yield warning(
            RULE,
            "stack.name",
            _(
                "An earlier version of gpuecs-tui wrote this directory. A change between HTTP and "
                "HTTPS can fail partway, a removed security group is deleted while instances use "
                "it, and an apply deregisters the revision that a rollback needs."
            ),
            _(
                "before any other change, upgrade the directory and apply only the upgrade: bring "
                "the stack up to date in the Review step, or run gpuecs-tui render {directory} "
                "{directory}; after that apply, the same with --up-to-date sets the new defaults"
            ).format(directory=shell_word(Path(state.earlier))),
        )
    elif state.unapplied:
        yield warning(
            RULE,
            "stack.name",
            _(
                "This directory was upgraded from an earlier version of gpuecs-tui, but the "
                "upgrade is not applied yet. Until then, a removed security group is deleted while "
                "instances use it, and an apply deregisters the revision that a rollback needs."
            ),
            _(
                "plan and apply the upgrade before any other change: use the Run step, or run "
                "gpuecs-tui apply {directory} --yes"
            ).format(directory=shell_word(Path(state.unapplied))),
        )
