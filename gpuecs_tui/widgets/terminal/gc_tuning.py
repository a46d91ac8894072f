"""Prevent the garbage collector from delaying a key press."""

from __future__ import annotations

import gc
from functools import cache


@cache
def exempt_what_lives_long() -> None:
    """Exclude all objects that exist now from later collections; works once per process.

    A full collection examines every object. With textual and the other imports, that takes 50–60 ms
    on a small machine (measured as the slowest key presses while a log streams). Modules and
    classes never become garbage.
    """
    gc.freeze()
