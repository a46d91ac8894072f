"""How old what was read of the account is."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.durations import in_words

MINUTE = timedelta(minutes=1)


def now() -> datetime:
    """Return the time; in a place of its own, for tests of what is shown."""
    return datetime.now(UTC)


def age_text(facts: AccountFacts | None) -> str:
    """Say when the oldest list of ``facts`` was read: "read 4 min ago"; empty where none was.

    In whole minutes: it is painted again with whatever changes beside it.
    """
    read_at = oldest(facts)
    return "" if read_at is None else _since(read_at)


def age_line(read_at: datetime | None) -> str:
    """Say how old a list is and how it is read again; empty where it isn't of an account."""
    return "" if read_at is None else f"{_since(read_at)} · {_('Ctrl+R reads again')}"


def _since(read_at: datetime) -> str:
    age = now() - read_at
    return _("read just now") if age < MINUTE else _("read {age} ago").format(age=in_words(age))


def oldest(facts: AccountFacts | None) -> datetime | None:
    """Return when the oldest list of ``facts`` was read; None where none was."""
    readings = [getattr(facts, it.name) for it in fields(facts)] if facts else []
    return min((it.read_at for it in readings if isinstance(it, Known)), default=None)
