"""The state of a directory whose backend no ``init`` has noted yet, such as a fresh clone.

"No ``.terraform``" isn't "no state": the state may hold all that a colleague applied. It is read
straight from S3; where that can't be done, NotRead says why, and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.state.backend import S3, Backend, OpenBackend, VariableBackend, workspace
from gpuecs_tui.terraform.state.content import PlaceProblem, read_place
from gpuecs_tui.terraform.state.location import StateLocation, location_of
from gpuecs_tui.terraform.state.stored_state import NOTHING, NotRead, StoredState, parse_state


def read_unprepared(directory: Path, where: Backend, environ: Mapping[str, str]) -> StoredState:
    """Return the state that ``where`` names. Raises NotRead, or StateProblem for what is no state.

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
            else _("The state in {place} has not been read: {reason}.").format(
                place=place, reason=problem.reason
            ),
            problem.remedy,
        ) from None
    return parse_state(text, str(place)) if text else NOTHING


def refuse_unknown(directory: Path, place: StateLocation, where: Backend) -> None:
    """Raise NotRead where ``place`` isn't one that is read here, naming what is missing."""
    prepare = _("Run `gpuecs-tui plan {directory}`, which initialises it.").format(
        directory=directory
    )
    if where.type != S3:
        raise NotRead(
            _("The state in {place} has not been read: this directory is not initialised.").format(
                place=place
            ),
            prepare,
        )
    if where.unread:
        raise VariableBackend(
            _(
                "The state has not been read: {names} of the backend in {file} is not a plain "
                "value, and this directory is not initialised."
            ).format(names=", ".join(where.unread), file=where.place),
            prepare,
        )
    missing = [name for name in ("bucket", "key") if not where.config.get(name)]
    if missing:
        raise OpenBackend(
            _(
                "The state has not been read: the backend in {file} has no {names}, which "
                "`terraform init -backend-config=…` gives, and this directory is not initialised."
            ).format(names=_(" and no ").join(missing), file=where.place),
            _(
                "Run `terraform init` in it with your -backend-config options, or set them in "
                "TF_CLI_ARGS_init."
            ),
        )
