"""The rows of the state's screen: what can be done, and the resources."""

from __future__ import annotations

from collections import Counter

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform.recovery import locks
from gpuecs_tui.terraform.recovery.errored_state import Verdict
from gpuecs_tui.terraform.recovery.locks import Holder
from gpuecs_tui.terraform.recovery.remedies import Recovery
from gpuecs_tui.terraform.state.stored_state import StoredState
from gpuecs_tui.widgets.picker.rows import Row

RESTORE, MOVE, RECOVER = "do:restore", "do:move", "do:recover"
PUSH, UNLOCK = "do:push", "do:unlock"
"""Ids of the rows that do something; no resource's address holds a colon before its key."""
FORGET = "do:forget:"
"""Before the id of a run: the row that dismisses what it created."""


def action_rows(found: Recovery) -> list[Row]:
    """Return a row for each thing that can be done about what was ``found``."""
    rows = []
    group = _("What to do")
    if found.broken is not None:
        words = _("Put the state right that was cut off")
        rows.append(Row(RESTORE, (words, found.broken.path.name), group))
    if found.move is not None:
        words = _("Move the state to where it belongs")
        rows.append(Row(MOVE, (words, found.move.target), group))
    if found.errored is not None and found.errored.verdict in (Verdict.PUSH, Verdict.SAME):
        words = _("Store the state that could not be stored")
        rows.append(Row(PUSH, (words, found.errored.path.name), group))
    if found.missing:
        words = _("Bring back what the state lacks")
        number = ngettext("{n} resource", "{n} resources", len(found.missing))
        rows.append(Row(RECOVER, (words, number.format(n=len(found.missing))), group))
    if found.lock is not None and not found.at_work:
        why = "" if found.lock.may_be_unlocked else locks.refusal(found.lock)
        who = f"{found.lock.who}  {why}".strip()
        # One that may be in use is released only by typing whose it is.
        unknown = found.lock.holder is Holder.UNKNOWN
        words = _("Release a lock that may be in use") if unknown else _("Release the lock")
        row = Row(UNLOCK, (words, who), group, why_not="" if unknown else why)
        # One that keeps others out keeps the rest from being mended too.
        rows.insert(0 if found.lock.stops and not unknown else len(rows), row)
    # Last: it is the one that gives something up.
    for run, count in Counter(it.run for it in found.missing).items():
        words = _("Dismiss what run {run} created").format(run=run)
        number = ngettext("{n} resource", "{n} resources", count).format(n=count)
        rows.append(Row(f"{FORGET}{run}", (words, number), group))
    return rows


def resource_rows(found: Recovery, state: StoredState) -> list[Row]:
    """Return a row for each resource that ``state`` lacks, then for each that it holds."""
    missing = [
        Row(
            it.address,
            (it.address, it.id or _("perhaps")),
            _("Created, but not in the state"),
            why_not=_("It is not in the state."),
        )
        for it in found.missing
    ]
    held = [
        Row(
            it.address,
            (it.address, _("unfinished") if it.tainted else it.id),
            _("In the state"),
        )
        for it in state.resources
    ]
    return [*missing, *held]
