"""Lengths of time in words."""

from __future__ import annotations

from datetime import timedelta

from gpuecs_tui.i18n import _

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
"""Units in seconds."""


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
