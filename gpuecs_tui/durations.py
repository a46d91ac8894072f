"""Lengths of time in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from gpuecs_tui.i18n import _

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
"""Units in seconds."""
_STEPS = (15, 30)
"""Steps of an age below a minute, in seconds."""


def in_words(time: timedelta) -> str:
    """Return a duration, rounded down, such as ``40 s``, ``12 min`` or ``2 h 5 min``."""
    seconds = int(time.total_seconds())
    if seconds < _MINUTE:
        return _("{n} s").format(n=seconds)
    if seconds < _HOUR:
        return _("{n} min").format(n=seconds // _MINUTE)
    if seconds < _DAY:
        hours, rest = divmod(seconds, _HOUR)
        return _("{hours} h {minutes} min").format(hours=hours, minutes=rest // _MINUTE)
    days, rest = divmod(seconds, _DAY)
    return _("{days} d {hours} h").format(days=days, hours=rest // _HOUR)


def in_steps(time: timedelta) -> str:
    """Return a duration in steps, such as ``15 s``, ``30 s``, ``12 min``, ``2 h`` or ``3 d``.

    Rounded down; empty below the first step. A screen that shows it changes rarely.
    """
    seconds = int(time.total_seconds())
    if seconds < _MINUTE:
        step = max((it for it in _STEPS if it <= seconds), default=0)
        return _("{n} s").format(n=step) if step else ""
    if seconds < _HOUR:
        return _("{n} min").format(n=seconds // _MINUTE)
    if seconds < _DAY:
        return _("{n} h").format(n=seconds // _HOUR)
    return _("{n} d").format(n=seconds // _DAY)


def ago(at: datetime | None, now: datetime) -> str:
    """Return how long ago ``at`` was, in steps: ``now``, ``15 s ago``; empty if it is unknown."""
    if at is None:
        return ""
    time = in_steps(max(now - at, timedelta()))
    return _("{time} ago").format(time=time) if time else _("now")
