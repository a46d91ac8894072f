"""The texts about a lock on a state: who holds it, why it is not released, and what to do."""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.recovery.held_lock import HeldLock, HolderStatus


def lock_sentence(lock: HeldLock) -> str:
    """Return who holds a lock on the state, since when, and whether its operation still runs."""
    age = in_words(lock.age) if lock.age is not None else "?"
    place = {"who": lock.who or "?", "operation": operation_word(lock.operation), "age": age}
    if not lock.stops:
        return _(
            "Stale lock record from {who} ({operation}, {age} ago). It blocks nothing; the next "
            "run removes it."
        ).format(**place)
    words = {
        HolderStatus.ALIVE: _(
            "The state is locked by {who} ({operation}, for {age}). The operation is still "
            "running{run}."
        ),
        HolderStatus.DEAD: _(
            "The state is locked by {who} ({operation}, for {age}). The operation has ended{run}."
        ),
        HolderStatus.UNKNOWN: _("The state is locked by {who} ({operation}, for {age}). {unknown}"),
    }
    return words[lock.holder].format(run=_run(lock), unknown=unknown_words(lock), **place)


def operation_word(operation: str) -> str:
    """Return a lock's operation as users know it: ``OperationTypeApply`` is ``apply``."""
    return operation.removeprefix("OperationType").lower() or "?"


def refusal(held: HeldLock) -> str:
    """Return why a lock is not released, one sentence; empty if it may be released."""
    match held.holder:
        case HolderStatus.ALIVE:
            return _("The lock is in use: the operation of {who} is still running{run}.").format(
                who=held.who, run=_run(held)
            )
        case HolderStatus.UNKNOWN:
            return unknown_words(held)
        case HolderStatus.DEAD:
            return ""


def lock_remedy(held: HeldLock) -> str:
    """Return what to do about a lock that is not released."""
    if held.holder is HolderStatus.ALIVE and held.directory is not None:
        return _("Wait until it ends, or cancel it: gpuecs-tui cancel {directory}").format(
            directory=shell_word(held.directory)
        )
    if held.holder is HolderStatus.ALIVE:
        return _("Wait until it ends, or cancel it.")
    return _("Ask {who} whether the operation is still running.").format(who=held.who or "?")


def unknown_words(held: HeldLock) -> str:
    """Return why it is unknown whether the operation that holds the lock still runs."""
    if held.run:
        return _(
            "It is unknown whether the operation is still running: run {run} was started on "
            "another machine."
        ).format(run=held.run)
    return _(
        "It is unknown whether the operation is still running: none of your runs on this machine "
        "has recorded this lock."
    )


def release_advice(directory: Path, held: HeldLock) -> str:
    """Return what to do about a lock that is not released, with the command that releases it.

    ``directory`` is the stack's. The command is left out while the operation is known to run.
    """
    if held.holder is HolderStatus.ALIVE or not held.id:
        return lock_remedy(held)
    if held.holder is HolderStatus.DEAD:
        return _("Release the lock: gpuecs-tui state {directory} --unlock {id}").format(
            directory=shell_word(directory), id=shell_word(held.id)
        )
    return _(
        "{ask} If no machine uses this state, release the lock: gpuecs-tui state {directory} "
        "--unlock {id} --confirm {word}"
    ).format(
        ask=lock_remedy(held),
        directory=shell_word(directory),
        id=shell_word(held.id),
        word=shell_word(held.word),
    )


def _run(held: HeldLock) -> str:
    if held.directory is not None:
        return _(" (run {id} in {directory})").format(id=held.run, directory=held.directory)
    return _(" (run {id})").format(id=held.run) if held.run else ""
