"""Write a log to a file that the user named."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from gpuecs_tui.widgets.log.text import plain_text


def save_log(path: Path, blocks: Iterable[bytes], *, overwrite: bool = False) -> None:
    """Write lines as text without colours, with visible control characters; all lines or none.

    Only the owner can read the file (0600), because a log may contain secrets. Raises
    FileExistsError if ``path`` exists and ``overwrite`` is false, or the system's OSError.
    """
    if not overwrite:
        # This reserves the name, so that another program's file is not replaced.
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
