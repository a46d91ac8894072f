"""What textual must be told by the environment before it is imported; imports nothing of it."""

from __future__ import annotations

import gc
from collections.abc import MutableMapping

FRAMES = "120"
"""Frames a second at most. While a log takes 100,000 lines a second, a key is answered at the 99th
percentile within 19-35 ms with this many, 33-45 ms with textual's own 60, for the same processor
time (2 shared cores); a screen at rest draws none."""
FRAMES_OVER_SSH = "30"
"""Frames a second: textual's own 60 double the bytes for nothing a person sees over a link."""


def prepare(environ: MutableMapping[str, str]) -> None:
    """Set what textual reads when it is imported: frames a second, no animations, and over SSH
    nothing that a lost link would leave switched on.

    What the user has set himself stays. Turns the garbage collector off as well: nearly all that
    is made up to the first frame stays, and going through it again and again takes a tenth of the
    time. The app turns it on again (``started``).
    """
    gc.disable()
    environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    environ.setdefault("TEXTUAL_FPS", FRAMES_OVER_SSH if remote(environ) else FRAMES)
    if remote(environ):
        environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
        # A link that drops leaves the terminal at its other end in the mode that was switched on:
        # with Kitty's keyboard protocol each Enter then types "13;129u" into the local shell.
        environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")


def started() -> None:
    """Collect garbage again where ``prepare`` has stopped it, but for what start-up has made."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def remote(environ: MutableMapping[str, str]) -> bool:
    """Tell whether the terminal is at the other end of an SSH connection."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def mouse_wanted(environ: MutableMapping[str, str], asked: bool | None) -> bool:
    """Tell whether the mouse is on: as asked, else only where its reports don't cross a link."""
    return not remote(environ) if asked is None else asked
