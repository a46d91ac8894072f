"""A local state that a full disk or a power cut cut off in the middle, and putting it right.

Terraform overwrites ``terraform.tfstate`` in place. Before its first write of a run it copies what
was there to ``terraform.tfstate.backup``: so that is whole, and is the state as the run found it.
What the run created since is in its journal, and the next plan brings it back.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform.problems import RunProblem, TerraformProblem
from gpuecs_tui.terraform.runs import claim
from gpuecs_tui.terraform.store import sync_folder, write_private
from gpuecs_tui.terraform.stored_state import (
    StateProblem,
    StoredState,
    local_state,
    parse_state,
)
from gpuecs_tui.terraform.tflock import ERRORED_NAME

_BACKUP = ".backup"
"""What Terraform's local backend adds to a state's name for its copy."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A state file that is no state."""

    path: Path
    size: int
    backup: StoredState | None
    """What the copy beside it holds; None where there is no whole one."""

    @property
    def sentence(self) -> str:
        """Say what it is and what is there instead."""
        words = {"name": self.path.name, "n": self.size}
        if self.backup is None:
            return _(
                "{name} is cut off after {n} bytes, as by a full disk, and there was none before "
                "it: put it aside, and the next plan brings back what was created."
            ).format(**words)
        count = len(self.backup.resources)
        return ngettext(
            "{name} is cut off after {n} bytes, as by a full disk: {backup} holds the state as it "
            "was before (number {serial}, {count} resource), and the next plan brings back what "
            "was created since.",
            "{name} is cut off after {n} bytes, as by a full disk: {backup} holds the state as it "
            "was before (number {serial}, {count} resources), and the next plan brings back what "
            "was created since.",
            count,
        ).format(backup=_copy(self.path).name, serial=self.backup.serial, count=count, **words)


def find(directory: Path, environ: Mapping[str, str] | None = None) -> Broken | None:
    """Return the broken local state of ``directory``, or None. Reads files only.

    An empty file counts where the copy holds resources: Terraform makes an empty one by itself
    before it has anything to store, and takes it for a state without resources. What a move to
    another place has emptied or was writing is the move's to finish.
    """
    environment = os.environ if environ is None else environ
    path = local_state(directory, environment)
    if path is None:
        return None
    try:
        text = path.read_bytes()
    except OSError:
        return None
    if _parsed(text) is not None:
        return None
    backup = _whole(_copy(path))
    if not text and (backup is None or not backup.resources):
        return None
    return None if _is_moved(directory, environment) else Broken(path, len(text), backup)


def refuse(directory: Path, environ: Mapping[str, str]) -> None:
    """Raise RunProblem while the state of ``directory`` is broken."""
    if (found := find(directory, environ)) is not None:
        raise RunProblem(
            found.sentence,
            _("Run: gpuecs-tui state {directory} --restore").format(directory=directory),
        )


def restore(directory: Path, environ: Mapping[str, str] | None = None) -> Path:
    """Put the copy in the place of a broken state and return where that is kept from then on.

    An errored.tfstate that was cut off as well goes aside with it. Raises StateProblem when nothing
    is broken or files can't be written, DirectoryBusy while a run works there.
    """
    guard = claim(directory)
    try:
        found = find(directory, environ)
        if found is None:
            raise StateProblem(_("The state of {path} is whole.").format(path=directory))
        return _restore(directory, found)
    except OSError as error:
        raise StateProblem(
            _("{path} can't be put right: {reason}.").format(
                path=directory, reason=error.strerror or error
            ),
            _("Free some space, or mend what hinders writing there, then try again."),
        ) from None
    finally:
        guard.release()


def _restore(directory: Path, found: Broken) -> Path:
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    kept = found.path.with_name(f"{found.path.name}.broken-{stamp}")
    copy = _copy(found.path)
    scratch = found.path.with_name(f".{found.path.name}.restored")
    if found.backup is not None:
        # Written whole before anything is moved: a disk that is still full changes nothing.
        write_private(scratch, copy.read_bytes())
        scratch.chmod(copy.stat().st_mode)
    found.path.rename(kept)
    if found.backup is not None:
        scratch.rename(found.path)
    errored = directory / ERRORED_NAME
    if errored.exists() and _parsed(errored.read_bytes()) is None:
        errored.rename(errored.with_name(f"{errored.name}.broken-{stamp}"))
    for folder in {found.path.parent, directory}:
        sync_folder(folder)
    return kept


def _copy(state: Path) -> Path:
    return state.with_name(state.name + _BACKUP)


def _is_moved(directory: Path, environ: Mapping[str, str]) -> bool:
    # Late: mostly the state is whole, and a plan doesn't wait for this.
    from gpuecs_tui.terraform import moves

    move = moves.latest(directory)
    if move is not None and not move.is_done:
        return True
    try:
        return moves.due(directory, environ) is not None
    except TerraformProblem:
        # A state that can't be read is what is looked for here.
        return False


def _whole(path: Path) -> StoredState | None:
    try:
        return _parsed(path.read_bytes())
    except OSError:
        return None


def _parsed(text: bytes) -> StoredState | None:
    """Return the state in ``text``; None where it is empty or cut off."""
    try:
        return parse_state(text, "") if text else None
    except StateProblem:
        return None
