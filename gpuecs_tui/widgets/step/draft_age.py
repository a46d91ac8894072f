"""Texts about a draft whose directory has files that changed after it was saved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gpuecs_tui.i18n import _
from gpuecs_tui.wizard.drafts import Draft

if TYPE_CHECKING:
    from gpuecs_tui.wizard.directory_status import DirectoryStatus


def newer_file(draft: Draft, found: DirectoryStatus) -> str:
    """Return a sentence about the file that changed last; empty if the draft is newer."""
    if draft.saved_at is None or found.newest is None:
        return ""
    name, changed = found.newest
    if changed <= draft.saved_at:
        return ""
    return _(
        "{file} changed at {changed}, after this draft was saved at {saved}. Continuing the draft "
        "shows both before anything is written."
    ).format(file=name, changed=shown_time(changed), saved=shown_time(draft.saved_at))


def shown_time(moment: datetime) -> str:
    """Return a time in the local time zone; for today, without the date."""
    local = moment.astimezone()
    today = local.date() == datetime.now(UTC).astimezone().date()
    return local.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")
