"""The remedies of a broken state, shared by the screen and the command.

Functions that change something block for some seconds and raise TerraformProblem.
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


class RemedyKind(StrEnum):
    """The kind of a remedy."""

    UNLOCK = "unlock"
    RESTORE = "restore"
    """Replaces a damaged local state by its copy, or renames a damaged errored.tfstate."""
    MOVE = "move"
    """Moves the state to the backend of the Terraform files."""
    FOLLOW = "follow"
    """Use the backend to which another checkout moved the state. The user does this by hand."""
    PUSH = "push"
    """Stores the state in errored.tfstate."""
    RECOVER = "recover"
    """Imports resources that were created and are missing from the state."""
    FORGET = "forget"
    """Dismisses the resources that a run created: no plan imports them."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One possible remedy of a state."""

    kind: RemedyKind
    about: str = ""
    """The object: a file name, a backend, a lock ID, or a run ID."""
    count: int = 0
    """The number of affected resources; 0 if it doesn't affect resources."""
    why_not: str = ""
    """Why the remedy needs a warning first, one sentence; empty if it doesn't."""
    advice: str = ""
    """What to do instead, one sentence; empty if the remedy itself is recommended."""
    is_urgent: bool = True
    """Whether a problem remains without it: a stale lock record, for example, blocks nothing."""


def remedies(found: Recovery) -> list[Remedy]:
    """Return the remedies for ``found`` in the order in which to use them.

    A lock that blocks runs comes first, because it blocks every other remedy. Dismissing comes
    last, because it gives up resources. While a run works, there are no remedies.
    """
    if found.at_work:
        return []
    lock = [_unlock(found.lock)] if found.lock is not None else []
    first = found.lock is not None and found.lock.stops
    listed = lock if first else []
    errored = found.errored
    if found.broken is not None:
        listed.append(Remedy(RemedyKind.RESTORE, found.broken.path.name))
    if found.move is not None:
        listed.append(Remedy(RemedyKind.MOVE, found.move.target))
    if found.moved is not None:
        listed.append(Remedy(RemedyKind.FOLLOW, found.moved.target, advice=found.moved.remedy))
    if errored is not None and errored.verdict in (Verdict.PUSH, Verdict.SAME):
        listed.append(Remedy(RemedyKind.PUSH, errored.path.name))
    if errored is not None and errored.verdict is Verdict.DAMAGED:
        listed.append(Remedy(RemedyKind.RESTORE, errored.path.name))
    if found.missing:
        listed.append(Remedy(RemedyKind.RECOVER, count=len(found.missing)))
    if not first:
        listed += lock
    created = Counter(it.run for it in found.missing)
    return [*listed, *(Remedy(RemedyKind.FORGET, run, count) for run, count in created.items())]


def _unlock(lock: HeldLock) -> Remedy:
    if lock.may_be_unlocked:
        return Remedy(RemedyKind.UNLOCK, lock.id, is_urgent=lock.stops)
    return Remedy(
        RemedyKind.UNLOCK,
        lock.id,
        why_not=lock_words.refusal(lock),
        advice=lock_words.lock_remedy(lock),
        is_urgent=lock.stops,
    )


@dataclass(frozen=True, slots=True)
class Looked:
    """A state and its problems."""

    recovery: Recovery
    state: StoredState | None = None
    """None if it could not be read."""
    unread: TerraformProblem | None = None
    """Why it could not be read. The other facts are still valid."""


def look(directory: Path, environ: Mapping[str, str]) -> Looked:
    """Examine and read the state of ``directory``; blocks. Problems are returned, never raised."""
    return with_state(directory, examine(directory, environ), environ)


def with_state(directory: Path, found: Recovery, environ: Mapping[str, str]) -> Looked:
    """Read the state of ``directory`` after ``found``; empty without a directory."""
    try:
        stored = known_state(directory, found, environ) if directory.is_dir() else NOTHING
    except TerraformProblem as problem:
        return Looked(found, unread=problem)
    return Looked(found, stored)


def unlock(directory: Path, lock_id: str, environ: Mapping[str, str], *, confirmed: str) -> str:
    """Release a lock and return the message; ``confirmed``: see ``locks.unlock``."""
    locks.unlock(directory, lock_id, environ, confirmed=confirmed)
    return _("The lock is released.")


def push(directory: Path, environ: Mapping[str, str]) -> str:
    """Store the errored state and return the message with the path of the kept file."""
    kept = errored_state.push(directory, environ)
    return _("The state is stored. The file is kept as {path}.").format(path=kept.name)


def restore(directory: Path, environ: Mapping[str, str]) -> str:
    """Repair a damaged state and return the message with the path of the damaged file."""
    done = damaged_state.restore(directory, environ)
    kept = _("The damaged file is kept as {path}.").format(path=done.kept.name)
    broken = done.broken
    if broken is None:
        # The state itself was not damaged.
        return kept
    since = damaged_state.recorded_words(broken.recorded)
    if broken.backup is None:
        none = _("No earlier copy of the state was found, so there is no state now.")
        return f"{none} {kept} {since}"
    count = len(broken.backup.resources)
    again = ngettext(
        "The state is restored as it was before the run that damaged it (serial {serial}, {n} "
        "resource).",
        "The state is restored as it was before the run that damaged it (serial {serial}, {n} "
        "resources).",
        count,
    ).format(serial=broken.backup.serial, n=count)
    return f"{again} {kept} {since}"


def dismiss(directory: Path, run_id: str, environ: Mapping[str, str]) -> str:
    """Dismiss the resources that run ``run_id`` created and return the message."""
    dismissal.dismiss(directory, run_id, environ)
    return _("Run {run} is dismissed. No plan will import the resources that it created.").format(
        run=run_id
    )
