"""A damaged local state or errored.tfstate, and the repair that moves it aside.

Terraform overwrites ``terraform.tfstate`` in place. Before the first write of a run it copies the
file to ``terraform.tfstate.backup``, which is therefore intact and contains the state from before
the run.
What a run of gpuecs-tui created since is in its journal, and the next plan imports it. A copy of
the directory has no runs, and a terraform command has no journal: then nothing is known.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.atomic_files import sync_folder, write_private
from gpuecs_tui.terraform.base.problems import RunProblem, TerraformProblem
from gpuecs_tui.terraform.base.tflock import ERRORED_NAME
from gpuecs_tui.terraform.runs.orphan_candidates import candidates
from gpuecs_tui.terraform.runs.run_list import live_run, lock_directory, records_of
from gpuecs_tui.terraform.state.backend import local_state
from gpuecs_tui.terraform.state.stored_state import (
    NOTHING,
    NotRead,
    StateProblem,
    StoredState,
    parse_state,
    state_fault,
)

_BACKUP = ".backup"
"""Suffix of the copy of a state that Terraform's local backend makes."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A state file that does not contain a valid state."""

    path: Path
    size: int
    fault: str
    """What is wrong with it, as the end of a sentence."""
    backup: StoredState | None
    """The state in the backup copy; None if there is no intact one."""
    recorded: int = 0
    """Number of resources that runs here created, or started to create, and ``backup`` does not
    contain."""

    @property
    def sentence(self) -> str:
        """Return a sentence: what is damaged and which copy exists."""
        words = {"name": self.path.name, "fault": self.fault}
        if self.backup is None:
            first = _("{name} {fault}. There is no copy of an earlier state.").format(**words)
            return f"{first} {recorded_words(self.recorded)}"
        count = len(self.backup.resources)
        first = ngettext(
            "{name} {fault}. {backup} contains the previous state (serial {serial}, {count} "
            "resource).",
            "{name} {fault}. {backup} contains the previous state (serial {serial}, {count} "
            "resources).",
            count,
        ).format(backup=_copy(self.path).name, serial=self.backup.serial, count=count, **words)
        return f"{first} {recorded_words(self.recorded)}"


@dataclass(frozen=True, slots=True)
class Restored:
    """The result of a repair."""

    kept: Path
    """The new path of the damaged file."""
    broken: Broken | None = None
    """The state that was damaged; None if only errored.tfstate was damaged."""


def recorded_words(count: int) -> str:
    """Return a sentence: what the next plan does about resources created since the last intact
    state."""
    if not count:
        # Resources that exist only in the state, such as terraform_data, are not counted.
        return _(
            "The runs in this directory recorded no AWS resource that was created since. If "
            "one was created, import it before the next apply."
        )
    return ngettext(
        "Runs in this directory recorded {n} resource that was created since. The next plan "
        "looks for it and imports it.",
        "Runs in this directory recorded {n} resources that were created since. The next "
        "plan looks for them and imports them.",
        count,
    ).format(n=count)


def find(directory: Path, environ: Mapping[str, str] | None = None) -> Broken | None:
    """Return the damaged local state of ``directory``, or None. Reads files only.

    An empty file counts as damaged if the copy has resources: Terraform creates an empty one before
    it has anything to store, and reads it as a state without resources. A file that a move has
    emptied or was writing is left to the move.
    """
    environment = os.environ if environ is None else environ
    path = local_state(directory, environment)
    if path is None:
        return None
    try:
        text = read_regular(path)
    except OSError:
        return None
    fault = fault_of(text)
    if not fault:
        return None
    backup = _whole(_copy(path))
    if not text and (backup is None or not backup.resources):
        return None
    if _is_moved(directory, environment):
        return None
    return Broken(path, len(text), fault, backup, recorded(directory, backup))


def unexplained(directory: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the empty local state of ``directory`` if no run explains why it is empty.

    Terraform leaves an empty one if its first plan is killed. In a directory without runs of
    gpuecs-tui it may also be the copy of a directory whose disk was full.
    """
    path = local_state(directory, environ)
    try:
        is_empty = path is not None and not read_regular(path)
    except OSError:
        return None
    return path if is_empty and not records_of(directory) else None


def refuse_for_names(directory: Path, environ: Mapping[str, str]) -> None:
    """Raise NotRead if the local state is damaged: the resources of the stack are then unknown.

    Not during a run there: Terraform is then writing the state.
    """
    found = find(directory, environ)
    if found is not None and live_run(directory) is None:
        restore_words = _("Run: gpuecs-tui state {directory} --restore --yes")
        lost_words = _(
            "Restore the last good copy of {name}. Without one, run: gpuecs-tui state {directory} "
            "--restore --yes"
        )
        words = lost_words if found.backup is None else restore_words
        raise NotRead(
            found.sentence, words.format(directory=shell_word(directory), name=found.path.name)
        )
    if (path := unexplained(directory, environ)) is not None:
        raise NotRead(
            _(
                "{name} is empty, and no run in this directory explains why. Whether the stack "
                "has resources is unknown."
            ).format(name=path.name),
            _(
                "Restore the last good copy of {name}. If nothing was ever applied from this "
                "directory, delete it."
            ).format(name=path.name),
        )


def recorded(directory: Path, state: StoredState | None) -> int:
    """Return the number of resources that runs created, or started to create, and ``state``
    lacks."""
    return len(candidates(records_of(directory), state or NOTHING))


def fault_of(text: bytes) -> str:
    """Return what is wrong with the text of a state file, to follow its name; empty if nothing.

    A state in a newer version of the format is not damaged.
    """
    if not text:
        return _("is empty")
    try:
        raw = json.loads(text)
    except RecursionError:
        return _("is not a Terraform state: its values are nested too deeply")
    except ValueError:
        if text.lstrip().startswith(b"{"):
            return _("is truncated after {n} bytes, as by a full disk").format(n=len(text))
        return _("is not a Terraform state: it is not JSON")
    fault = state_fault(raw)
    return _("is not a Terraform state: {fault}").format(fault=fault) if fault else ""


def errored_fault(text: bytes) -> str:
    """Return what is wrong with the text of an errored.tfstate, as ``fault_of`` does.

    Terraform writes one only to save a state, so an empty one is damaged too.
    """
    return fault_of(text) or (_("contains no state") if text.strip() == b"{}" else "")


def refuse(directory: Path, environ: Mapping[str, str]) -> None:
    """Raise RunProblem if the state of ``directory`` is damaged."""
    if (found := find(directory, environ)) is not None:
        raise RunProblem(
            found.sentence,
            _("Run: gpuecs-tui state {directory} --restore --yes").format(
                directory=shell_word(directory)
            ),
        )


def restore(directory: Path, environ: Mapping[str, str] | None = None) -> Restored:
    """Replace a damaged state with its copy; without a copy no state remains.

    A damaged errored.tfstate is renamed too, also if the state itself is intact. Raises
    StateProblem if nothing is damaged or files can't be written, DirectoryBusy during a run there.
    """
    guard = lock_directory(directory)
    try:
        found = find(directory, environ)
        stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        if found is not None:
            return Restored(_restore(directory, found, stamp), found)
        kept = _set_errored_aside(directory, stamp)
        if kept is None:
            raise _whole_or_unknown(directory, environ)
        return Restored(kept)
    except OSError as error:
        raise StateProblem(
            _("Could not repair the state in {path}: {reason}.").format(
                path=directory, reason=error.strerror or error
            ),
            _("Free some space, check the permissions of the directory, then try again."),
        ) from None
    finally:
        guard.release()


def what_restore_does(directory: Path, environ: Mapping[str, str] | None = None) -> list[str]:
    """Return what ``restore`` would do, in sentences; changes nothing.

    Raises StateProblem if nothing is damaged, OSError.
    """
    found, errored = find(directory, environ), _damaged_errored(directory)
    sentences = [found.sentence] if found is not None else []
    if found is not None and found.backup is None:
        sentences.append(_("After that, the directory has no state."))
    damaged = [found.path.name] if found is not None else []
    damaged += [errored.name] if errored is not None else []
    if not damaged:
        raise _whole_or_unknown(directory, environ)
    kept = _("The damaged file is kept under another name: {names}.")
    return [*sentences, kept.format(names=", ".join(damaged))]


def _whole_or_unknown(directory: Path, environ: Mapping[str, str] | None) -> StateProblem:
    """Return why nothing is replaced: an intact, an unreadable or a remote state."""
    path = local_state(directory, os.environ if environ is None else environ)
    if path is None:
        return StateProblem(
            _("Nothing was restored: the state of {path} is not a local file.").format(
                path=directory
            ),
            _("In S3, restore an earlier version of the object."),
        )
    try:
        parse_state(read_regular(path), str(path))
    except FileNotFoundError:
        pass
    except StateProblem as problem:
        return problem
    return StateProblem(_("The state of {path} is not damaged.").format(path=directory))


def _restore(directory: Path, found: Broken, stamp: str) -> Path:
    kept = found.path.with_name(f"{found.path.name}.broken-{stamp}")
    copy = _copy(found.path)
    scratch = found.path.with_name(f".{found.path.name}.restored")
    if found.backup is not None:
        # Written completely before anything is moved: a disk that is still full changes nothing.
        write_private(scratch, read_regular(copy))
        scratch.chmod(copy.stat().st_mode)
    found.path.rename(kept)
    if found.backup is not None:
        scratch.rename(found.path)
    _set_errored_aside(directory, stamp)
    for folder in {found.path.parent, directory}:
        sync_folder(folder)
    return kept


def _set_errored_aside(directory: Path, stamp: str) -> Path | None:
    errored = _damaged_errored(directory)
    if errored is None:
        return None
    kept = errored.with_name(f"{errored.name}.broken-{stamp}")
    errored.rename(kept)
    sync_folder(directory)
    return kept


def _damaged_errored(directory: Path) -> Path | None:
    errored = directory / ERRORED_NAME
    return errored if errored.exists() and errored_fault(read_regular(errored)) else None


def _copy(state: Path) -> Path:
    return state.with_name(state.name + _BACKUP)


def _is_moved(directory: Path, environ: Mapping[str, str]) -> bool:
    # Imported late: usually the state is intact, and a plan must not wait for this import.
    from gpuecs_tui.terraform.migration import lifecycle
    from gpuecs_tui.terraform.migration.record import latest

    move = latest(directory)
    if move is not None and not move.is_done:
        return True
    try:
        return lifecycle.due(directory, environ) is not None
    except TerraformProblem:
        # The state may be unreadable: this function searches for such a state.
        return False


def _whole(path: Path) -> StoredState | None:
    try:
        text = read_regular(path)
        return parse_state(text, "") if text else None
    except (OSError, StateProblem):
        return None
