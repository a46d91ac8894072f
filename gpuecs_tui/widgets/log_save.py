"""Writing a log to a file of the user's choice, and its text to the terminal's clipboard."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from gpuecs_tui.widgets.log_text import plain_text

MAX_CLIPBOARD_BYTES = 74_994
"""xterm's limit for OSC 52 (100,000 bytes of base64 and its frame); others take no less."""
_SCREEN_CHUNK = 512
"""GNU screen passes strings of at most 768 bytes through; some are taken by the frame."""


def save_log(path: Path, blocks: Iterable[bytes], *, overwrite: bool = False) -> None:
    """Write lines as text, colours left out and control characters visible, all or nothing.

    The file is its owner's alone (0600): a log may tell more than its user thinks. Raises
    FileExistsError if ``path`` exists and ``overwrite`` is false, and OSError as the system has it.
    """
    if not overwrite:
        # Reserves the name: from here on nobody else's file can be replaced.
        path.touch(mode=0o600, exist_ok=False)
    try:
        _write(path, blocks)
    except BaseException:
        if not overwrite:
            path.unlink(missing_ok=True)
        raise


def _write(path: Path, blocks: Iterable[bytes]) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            for block in blocks:
                file.write(plain_text(block))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def clipboard_sequence(text: str, environ: Mapping[str, str]) -> str:
    """Return what makes the terminal at the user's end copy ``text`` (OSC 52).

    Inside tmux it comes twice: bare for ``set-clipboard on`` and wrapped for ``allow-passthrough
    on``; either alone is ignored under the other setting. Inside GNU screen it is cut to the
    pieces which that passes through. Raises ValueError beyond MAX_CLIPBOARD_BYTES.
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
