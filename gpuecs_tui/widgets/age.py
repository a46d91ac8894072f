"""How old what was read of the account is."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.clock import duration_text

SECONDS_PER_MINUTE = 60


def now() -> datetime:
    """Return the time; in a place of its own, for tests of what is shown."""
    return datetime.now(UTC)


def age_text(facts: AccountFacts | None) -> str:
    """Say when the oldest list of ``facts`` was read: "read 4m10s ago"; empty where none was."""
    read_at = oldest(facts)
    if read_at is None:
        return ""
    return _("read {age} ago").format(age=duration_text((now() - read_at).total_seconds()))


def age_line(read_at: datetime | None) -> str:
    """Say how old a list is and how it is read again; empty where it isn't of an account.

    In whole minutes: it stays on view and is not counted on.
    """
    if read_at is None:
        return ""
    minutes = max(int((now() - read_at).total_seconds() // SECONDS_PER_MINUTE), 0)
    text = _("read {n} min ago") if minutes else _("read just now")
    return f"{text.format(n=minutes)} · {_('Ctrl+R reads again')}"


def oldest(facts: AccountFacts | None) -> datetime | None:
    """Return when the oldest list of ``facts`` was read; None where none was."""
    readings = [getattr(facts, it.name) for it in fields(facts)] if facts else []
    return min((it.read_at for it in readings if isinstance(it, Known)), default=None)
