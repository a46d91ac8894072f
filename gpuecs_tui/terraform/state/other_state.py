"""Refuse a directory whose environment sets another state file than gpuecs-tui would use.

``-state`` and ``-state-out`` do that for the local backend and may be in TF_CLI_ARGS…
(developer.hashicorp.com/terraform/cli/commands/apply, "Legacy options"). A run that does not find
that file would create everything a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.extra_arguments import CHANGING, STATE_FILES, extra_options
from gpuecs_tui.terraform.state.backend import local_state
from gpuecs_tui.terraform.state.stored_state import NotRead


def refuse_other_state(directory: Path, environ: Mapping[str, str]) -> None:
    """Raise NotRead if the environment sets another file for a local state. Reads files."""
    given = [
        option
        for variable in CHANGING
        for option in extra_options(environ, variable)
        if option.name in STATE_FILES
    ]
    if not given or (ours := local_state(directory, environ)) is None:
        return
    for option in given:
        # Resolved: links and .. lead to the same file.
        if (directory / option.value).resolve() != ours.resolve():
            raise NotRead(
                _("{name} has {option}. gpuecs-tui reads and writes the state in {path}.").format(
                    name=option.variable, option=option.text, path=ours
                ),
                _('Unset {name}, or set the file as path in a backend "local" block.').format(
                    name=option.variable
                ),
            )
