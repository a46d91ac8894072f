"""Preventing the garbage collector from delaying a key press."""

from __future__ import annotations

import gc
from functools import cache


@cache
def exempt_what_lives_long() -> None:
    """Exclude all objects that exist now from later collections; acts once in a process.

    A full collection looks at every object. With textual and the rest imported that takes 50–60 ms
    on a small machine, measured as the slowest key presses while a log streams; modules and
    classes are no garbage anyway.
    """
    gc.freeze()
