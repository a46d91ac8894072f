"""Environment variables that Textual reads when it is imported. Does not import Textual."""

from __future__ import annotations

import gc
from collections.abc import MutableMapping

FRAMES = "120"
"""Maximum frames a second. While a log receives 100,000 lines a second, a key takes effect within
19-35 ms at the 99th percentile with this value, and within 33-45 ms with Textual's default of 60,
for the same processor time (2 shared cores). A screen without changes draws no frames."""
FRAMES_OVER_SSH = "30"
"""Frames a second: Textual's default of 60 sends twice the bytes without a visible difference."""


def prepare(environ: MutableMapping[str, str]) -> None:
    """Set the variables that Textual reads when it is imported: frames a second, no animations, and
    over SSH no terminal mode that a lost connection would leave on.

    Variables that the user has set are kept. Also turns the garbage collector off: nearly all
    objects that are created before the first frame stay alive, and repeated collections take a
    tenth of the time. The app turns it on again (``started``).
    """
    gc.disable()
    environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    environ.setdefault("TEXTUAL_FPS", FRAMES_OVER_SSH if remote(environ) else FRAMES)
    if remote(environ):
        environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
        # A lost connection leaves the local terminal in the mode that was switched on: with Kitty's
        # keyboard protocol, each Enter then types "13;129u" into the local shell.
        environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")


def started() -> None:
    """Turn the garbage collector on again, except for the objects from the start."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def remote(environ: MutableMapping[str, str]) -> bool:
    """Return whether the terminal is connected over SSH."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def mouse_wanted(environ: MutableMapping[str, str], asked: bool | None) -> bool:
    """Return whether the mouse is on: as requested, otherwise only without SSH."""
    return not remote(environ) if asked is None else asked
