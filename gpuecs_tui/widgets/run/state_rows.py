"""The rows of the state screen: the actions, and the resources."""

from __future__ import annotations

from gpuecs_tui.assessment.remedies import Remedy, RemedyKind, remedies
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform.recovery.held_lock import HolderStatus
from gpuecs_tui.terraform.recovery.remedies import Recovery
from gpuecs_tui.terraform.state.stored_state import StoredState
from gpuecs_tui.widgets.picker.rows import Row

_DO = "do:"
"""Prefix of the id of a row that is an action. No resource address has a colon before its key."""


def actions(found: Recovery) -> dict[str, Remedy]:
    """Return row id → remedy, in the order of the rows.

    A manual remedy has no row: the sentence about the problem names it.
    """
    unsure = _may_be_in_use(found)

    def place(remedy: Remedy) -> int:
        if remedy.kind is RemedyKind.UNLOCK and unsure:
            # This row must not be under the initial cursor.
            return 1
        return 2 if remedy.kind is RemedyKind.FORGET else 0

    listed = sorted((it for it in remedies(found) if it.kind is not RemedyKind.FOLLOW), key=place)
    return {_row_id(it): it for it in listed}


def _row_id(remedy: Remedy) -> str:
    # Only dismissals can have several rows.
    which = f":{remedy.about}" if remedy.kind is RemedyKind.FORGET else ""
    return f"{_DO}{remedy.kind}{which}"


def action_rows(found: Recovery) -> list[Row]:
    """Return a row for each action that resolves a problem in ``found``."""
    group = _("Actions")
    # A lock that may be in use is released only after its holder was typed.
    unsure = _may_be_in_use(found)
    return [
        Row(id_, _cells(it, found), group, why_not="" if unsure else it.why_not)
        for id_, it in actions(found).items()
    ]


def _may_be_in_use(found: Recovery) -> bool:
    return found.lock is not None and found.lock.holder is HolderStatus.UNKNOWN


def _cells(remedy: Remedy, found: Recovery) -> tuple[str, str]:
    number = ngettext("{n} resource", "{n} resources", remedy.count).format(n=remedy.count)
    match remedy.kind:
        case RemedyKind.UNLOCK:
            lock = found.lock
            words = (
                _("Release a lock that may be in use")
                if _may_be_in_use(found)
                else _("Release the lock")
            )
            return words, f"{lock.who if lock is not None else ''}  {remedy.why_not}".strip()
        case RemedyKind.RESTORE if found.broken is None:
            return _("Move the damaged file aside"), remedy.about
        case RemedyKind.RESTORE:
            return _("Repair the incomplete state"), remedy.about
        case RemedyKind.MOVE:
            return _("Move the state to its configured location"), remedy.about
        case RemedyKind.PUSH:
            return _("Push the state that could not be saved"), remedy.about
        case RemedyKind.RECOVER:
            return _("Import resources that the state lacks"), number
        case RemedyKind.FORGET:
            return _("Dismiss the resources created by run {run}").format(run=remedy.about), number
        case RemedyKind.FOLLOW:
            return remedy.advice, remedy.about


def resource_rows(found: Recovery, state: StoredState) -> list[Row]:
    """Return a row for each resource that is missing from ``state``, then for each in it."""
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
            (it.address, _("tainted") if it.tainted else it.id),
            _("In the state"),
        )
        for it in state.resources
    ]
    return [*missing, *held]
