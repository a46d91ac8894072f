"""How old what was read of the account is."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.clock import duration_text


def now() -> datetime:
    """Return the time; in a place of its own, for tests of what is shown."""
    return datetime.now(UTC)


def age_text(facts: AccountFacts | None) -> str:
    """Say when the oldest list of ``facts`` was read: "read 4m10s ago"; empty where none was."""
    readings = [getattr(facts, it.name) for it in fields(facts)] if facts else []
    known = [it.read_at for it in readings if isinstance(it, Known)]
    if not known:
        return ""
    return _("read {age} ago").format(age=duration_text((now() - min(known)).total_seconds()))
