"""What repairs a broken state: the same remedies for the screen and the command, and their work.

Everything here that changes something blocks for some seconds and raises TerraformProblem.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.recovery import damaged_state, dismissal, errored_state, lock_words, locks
from gpuecs_tui.terraform.recovery.errored_state import Verdict
from gpuecs_tui.terraform.recovery.held_lock import HeldLock
from gpuecs_tui.terraform.recovery.remedies import Recovery, examine, known_state
from gpuecs_tui.terraform.state.stored_state import NOTHING, StoredState


class Kind(StrEnum):
    """What a remedy does."""

    UNLOCK = "unlock"
    RESTORE = "restore"
    """Replaces a damaged local state by its copy, and moves a damaged errored.tfstate aside."""
    MOVE = "move"
    """Moves the state to where the Terraform says that it is."""
    FOLLOW = "follow"
    """Use the place that another checkout has moved the state to: done by hand."""
    PUSH = "push"
    """Stores what errored.tfstate holds."""
    RECOVER = "recover"
    """Imports what was created and is missing from the state."""
    FORGET = "forget"
    """Dismisses what a run created: no plan imports it."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing that can be done about a state."""

    kind: Kind
    about: str = ""
    """What it works on: a file's name, a place, a lock's id or a run's id."""
    count: int = 0
    """How many resources it is about; 0 where it is not about resources."""
    why_not: str = ""
    """Why it is not offered without a further word, one sentence; empty where it is."""
    advice: str = ""
    """What to do instead, one sentence; empty where the remedy itself is the thing to do."""
    is_urgent: bool = True
    """Whether anything is wrong without it: a stale lock record blocks nothing."""


def remedies(found: Recovery) -> list[Remedy]:
    """Return what can be done about what was ``found``, in the order in which to do it.

    A lock that keeps others out comes first: it blocks every other remedy. Dismissing comes last:
    it gives something up. While a run is at work there is nothing to do.
    """
    if found.at_work:
        return []
    lock = [_unlock(found.lock)] if found.lock is not None else []
    first = found.lock is not None and found.lock.stops
    listed = lock if first else []
    errored = found.errored
    if found.broken is not None:
        listed.append(Remedy(Kind.RESTORE, found.broken.path.name))
    if found.move is not None:
        listed.append(Remedy(Kind.MOVE, found.move.target))
    if found.moved is not None:
        listed.append(Remedy(Kind.FOLLOW, found.moved.target, advice=found.moved.remedy))
    if errored is not None and errored.verdict in (Verdict.PUSH, Verdict.SAME):
        listed.append(Remedy(Kind.PUSH, errored.path.name))
    if errored is not None and errored.verdict is Verdict.DAMAGED:
        listed.append(Remedy(Kind.RESTORE, errored.path.name))
    if found.missing:
        listed.append(Remedy(Kind.RECOVER, count=len(found.missing)))
    if not first:
        listed += lock
    created = Counter(it.run for it in found.missing)
    return [*listed, *(Remedy(Kind.FORGET, run, count) for run, count in created.items())]


def _unlock(lock: HeldLock) -> Remedy:
    if lock.may_be_unlocked:
        return Remedy(Kind.UNLOCK, lock.id, is_urgent=lock.stops)
    return Remedy(
        Kind.UNLOCK,
        lock.id,
        why_not=lock_words.refusal(lock),
        advice=lock_words.remedy(lock),
        is_urgent=lock.stops,
    )


@dataclass(frozen=True, slots=True)
class Looked:
    """A state, and what is wrong with it."""

    recovery: Recovery
    state: StoredState | None = None
    """None where it could not be read."""
    unread: TerraformProblem | None = None
    """Why it could not be read; what else is known still counts."""


def look(directory: Path, environ: Mapping[str, str]) -> Looked:
    """Examine the state of ``directory`` and read it; blocks. Never raises for what it finds."""
    return with_state(directory, examine(directory, environ), environ)


def with_state(directory: Path, found: Recovery, environ: Mapping[str, str]) -> Looked:
    """Read the state of ``directory``, of which ``found`` is known; empty without a directory."""
    try:
        stored = known_state(directory, found, environ) if directory.is_dir() else NOTHING
    except TerraformProblem as problem:
        return Looked(found, unread=problem)
    return Looked(found, stored)


def unlock(directory: Path, lock_id: str, environ: Mapping[str, str], *, confirmed: str) -> str:
    """Release a lock and return a sentence that says so; ``confirmed`` as in ``locks.unlock``."""
    locks.unlock(directory, lock_id, environ, confirmed=confirmed)
    return _("The lock is gone.")


def push(directory: Path, environ: Mapping[str, str]) -> str:
    """Store the errored state and return a sentence that says where the file is kept."""
    kept = errored_state.push(directory, environ)
    return _("The state is stored; the file is kept as {path}.").format(path=kept.name)


def restore(directory: Path, environ: Mapping[str, str]) -> str:
    """Repair a damaged state and return a sentence that says where the damaged file is kept."""
    done = damaged_state.restore(directory, environ)
    kept = _("The damaged file is kept as {path}.").format(path=done.kept.name)
    broken = done.broken
    if broken is None:
        # The state itself was whole.
        return kept
    since = damaged_state.recorded_words(broken.recorded)
    if broken.backup is None:
        none = _("There is no state now: no copy of an earlier one was found.")
        return f"{none} {kept} {since}"
    count = len(broken.backup.resources)
    again = ngettext(
        "The state is whole again, as it was before the run that damaged it (number {serial}, {n} "
        "resource).",
        "The state is whole again, as it was before the run that damaged it (number {serial}, {n} "
        "resources).",
        count,
    ).format(serial=broken.backup.serial, n=count)
    return f"{again} {kept} {since}"


def dismiss(directory: Path, run_id: str, environ: Mapping[str, str]) -> str:
    """Dismiss what run ``run_id`` created and return a sentence that says so."""
    dismissal.dismiss(directory, run_id, environ)
    return _("Run {run} is dismissed. No plan imports what it created.").format(run=run_id)
