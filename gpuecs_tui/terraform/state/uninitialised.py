"""The state of a directory whose backend no ``init`` has recorded yet, such as a fresh clone.

A directory without ``.terraform`` may have a state: a colleague may have applied the stack. The
state is read directly from S3. If that is not possible, NotRead says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.state.backend import S3, Backend, OpenBackend, VariableBackend, workspace
from gpuecs_tui.terraform.state.content import PlaceProblem, read_place
from gpuecs_tui.terraform.state.location import StateLocation, location_of
from gpuecs_tui.terraform.state.stored_state import NOTHING, NotRead, StoredState, parse_state


def read_unprepared(directory: Path, where: Backend, environ: Mapping[str, str]) -> StoredState:
    """Return the state in ``where``. Raises NotRead, or StateProblem for another file.

    Blocks for one call to S3.
    """
    base = location_of(directory, where)
    refuse_unknown(directory, base, where)
    place = base.at(workspace(directory, environ))
    try:
        text = read_place(place, environ)
    except PlaceProblem as problem:
        raise NotRead(
            problem.message
            if problem.is_whole
            else _("Could not read the state in {place}: {reason}.").format(
                place=place, reason=problem.reason
            ),
            problem.remedy,
        ) from None
    return parse_state(text, str(place)) if text else NOTHING


def refuse_unknown(directory: Path, place: StateLocation, where: Backend) -> None:
    """Raise NotRead if ``place`` can't be read here; the message says what is missing."""
    prepare = _("Run `gpuecs-tui plan {directory}`, which initializes it.").format(
        directory=shell_word(directory)
    )
    if where.type != S3:
        raise NotRead(
            _("Could not read the state in {place}: this directory is not initialized.").format(
                place=place
            ),
            prepare,
        )
    if where.unread:
        raise VariableBackend(
            _(
                "Could not read the state: {names} of the backend in {file} is not a literal "
                "value, and this directory is not initialized."
            ).format(names=", ".join(where.unread), file=where.place),
            prepare,
        )
    missing = [name for name in ("bucket", "key") if not where.config.get(name)]
    if missing:
        raise OpenBackend(
            _(
                "Could not read the state: the backend in {file} has no {names}, which "
                "`terraform init -backend-config=…` sets, and this directory is not "
                "initialized."
            ).format(names=_(" and no ").join(missing), file=where.place),
            _(
                "Run `terraform init` in this directory with your -backend-config options, "
                "or set them in TF_CLI_ARGS_init."
            ),
        )
