"""A directory that the earlier version wrote: what it lacks, and what is done about it."""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.checks.finding import Finding, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.hcl_tree import ReadProblem
from gpuecs_tui.terraform.read_configuration import load
from gpuecs_tui.terraform.read_files import read_texts
from gpuecs_tui.terraform.read_past import is_earlier

EARLIER_VERSION = "earlier-version"
"""Id of the finding."""


def earlier_version(directory: Path) -> tuple[Finding, ...]:
    """Return a warning where the earlier version wrote the Terraform in ``directory``.

    Reads and parses the files: 0.1 s.
    """
    try:
        if not is_earlier(load(read_texts(directory))):
            return ()
    except ReadProblem:
        return ()
    return (
        warning(
            EARLIER_VERSION,
            "stack.name",
            _(
                "An earlier version of gpuecs-tui wrote this directory. A change between HTTP and "
                "HTTPS can fail half-way, a security group that is given up is deleted under "
                "running instances, and an apply deregisters the revision that a roll-back needs."
            ),
            _(
                "before any other change, run gpuecs-tui render {directory} {directory} and apply; "
                "with --up-to-date it also sets the new defaults"
            ).format(directory=directory),
        ),
    )
