"""Copy a text to the clipboard of the user's terminal (OSC 52), also through tmux and screen."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping

from textual.app import App

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.terminal.textual_private import driver_of

MAX_CLIPBOARD_BYTES = 74_994
"""xterm's limit for OSC 52 (100,000 bytes of base64 and its frame); others accept at least that."""
_SCREEN_CHUNK = 512
"""GNU screen passes strings of at most 768 bytes through, including the frame."""


def copy_text(app: App[object], text: str) -> None:
    """Copy ``text`` (OSC 52, also through tmux and screen) and show a notification.

    A terminal without support for OSC 52 does not report that, so the text is shown as well.
    """
    send_to_clipboard(app, text)
    app.notify(_("Copied: {text}").format(text=text), markup=False)


def send_to_clipboard(app: App[object], text: str) -> None:
    """Send ``text`` to the clipboard of the user's terminal. Raises ValueError for a text that is
    too long."""
    sequence = clipboard_sequence(text, os.environ)
    if (driver := driver_of(app)) is not None:
        driver.write(sequence)


def clipboard_sequence(text: str, environ: Mapping[str, str]) -> str:
    """Return the sequence that makes the user's terminal copy ``text`` (OSC 52).

    Inside tmux, the sequence is sent twice: plain for ``set-clipboard on``, and wrapped for
    ``allow-passthrough on``. tmux ignores each of them under the other setting. Inside GNU screen,
    it is divided into pieces that screen passes through. Raises ValueError beyond
    MAX_CLIPBOARD_BYTES.
    """
    data = text.encode("utf-8", "replace")
    if len(data) > MAX_CLIPBOARD_BYTES:
        raise ValueError(len(data))
    sequence = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"
    if environ.get("TMUX"):
        return sequence + "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("STY"):
        cuts = range(0, len(sequence), _SCREEN_CHUNK)
        return "".join(f"\x1bP{sequence[at : at + _SCREEN_CHUNK]}\x1b\\" for at in cuts)
    return sequence
