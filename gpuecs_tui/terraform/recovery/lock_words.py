"""What people read about a lock on a state: who holds it, why it stays, and what to do."""

from __future__ import annotations

import shlex
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.durations import in_words
from gpuecs_tui.terraform.recovery.held_lock import HeldLock, Holder


def lock_sentence(lock: HeldLock) -> str:
    """Return who holds a lock on the state, since when, and whether that still works."""
    age = in_words(lock.age) if lock.age is not None else "?"
    place = {"who": lock.who or "?", "operation": operation_word(lock.operation), "age": age}
    if not lock.stops:
        return _(
            "{who} left the note of a lock ({operation}, {age} ago); it stops nobody, and the "
            "next run clears it."
        ).format(**place)
    words = {
        Holder.ALIVE: _("The state is locked by {who} ({operation}, for {age}), who works{run}."),
        Holder.DEAD: _(
            "The state is locked by {who} ({operation}, for {age}). That run has ended{run}."
        ),
        Holder.UNKNOWN: _("The state is locked by {who} ({operation}, for {age}). {unknown}"),
    }
    return words[lock.holder].format(run=_run(lock), unknown=unknown_words(lock), **place)


def operation_word(operation: str) -> str:
    """Return a lock's operation as people write it: ``OperationTypeApply`` is ``apply``."""
    return operation.removeprefix("OperationType").lower() or "?"


def refusal(held: HeldLock) -> str:
    """Return why a lock is not let go, one sentence; empty where it may be."""
    match held.holder:
        case Holder.ALIVE:
            return _("The lock is in use: {who} holds it and works{run}.").format(
                who=held.who, run=_run(held)
            )
        case Holder.UNKNOWN:
            return unknown_words(held)
        case Holder.DEAD:
            return ""


def remedy(held: HeldLock) -> str:
    """Return what to do about a lock that is not let go."""
    if held.holder is Holder.ALIVE and held.directory is not None:
        return _("Wait for its end, or cancel it: gpuecs-tui cancel {directory}").format(
            directory=shlex.quote(str(held.directory))
        )
    if held.holder is Holder.ALIVE:
        return _("Wait for its end, or cancel it.")
    return _("Ask {who} whether their run still works.").format(who=held.who or "?")


def unknown_words(held: HeldLock) -> str:
    """Return what is not known of a lock of which no run of ours has the id on record."""
    if held.run:
        return _(
            "Whether {who} still works is not known: run {run} was started on another machine."
        ).format(who=held.who or "?", run=held.run)
    return _(
        "Whether {who} still works is not known: none of your runs on this machine has recorded "
        "this lock."
    ).format(who=held.who or "?")


def way_on(directory: Path, held: HeldLock) -> str:
    """Return what to do about a lock that is not let go, with the command that releases it.

    ``directory`` is the stack's. While the holder is known to work there is no such command.
    """
    if held.holder is Holder.ALIVE or not held.id:
        return remedy(held)
    return _(
        "{ask} Only if nothing works on this state on any machine: gpuecs-tui state {directory} "
        "--unlock {id} --confirm {word}"
    ).format(
        ask=remedy(held),
        directory=shlex.quote(str(directory)),
        id=shlex.quote(held.id),
        word=shlex.quote(held.word),
    )


def _run(held: HeldLock) -> str:
    if held.directory is not None:
        return _(", run {id} of {directory}").format(id=held.run, directory=held.directory)
    return _(", run {id}").format(id=held.run) if held.run else ""
