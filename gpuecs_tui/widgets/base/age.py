"""The age of the data that was read from the account."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.base.wizard_modal import WizardModal
from gpuecs_tui.widgets.keys.binding import key_for_action

MINUTE = timedelta(minutes=1)


def now() -> datetime:
    """Return the present time; a separate function, so that tests can replace it."""
    return datetime.now(UTC)


def age_text(facts: AccountFacts | None) -> str:
    """Return when the oldest list of ``facts`` was read: "read 4 min ago"; empty if none was.

    In whole minutes, because it is painted only together with other changes.
    """
    read_at = oldest(facts)
    return "" if read_at is None else _since(read_at)


def age_line(read_at: datetime | None) -> str:
    """Return how old a list is and which key reads it again; empty if it isn't from an account."""
    if read_at is None:
        return ""
    again = _("{key} reads again").format(key=key_for_action(WizardModal, "app.read_account"))
    return f"{_since(read_at)} · {again}"


def _since(read_at: datetime) -> str:
    age = now() - read_at
    return _("read just now") if age < MINUTE else _("read {age} ago").format(age=in_words(age))


def oldest(facts: AccountFacts | None) -> datetime | None:
    """Return when the oldest list of ``facts`` was read; None if none was."""
    readings = [getattr(facts, it.name) for it in fields(facts)] if facts else []
    return min((it.read_at for it in readings if isinstance(it, Known)), default=None)
