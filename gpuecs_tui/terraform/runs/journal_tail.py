"""What the end of a journal says of a run that ended without a word."""

from __future__ import annotations

import os
from pathlib import Path

from gpuecs_tui.terraform.engine.events import ChangeSummary, Decoder, Version

_TAIL = 256 * 1024
"""Bytes looked at: behind the summary come only the outputs."""


def had_finished(journal: Path) -> bool:
    """Tell whether Terraform's last word in a journal was that all was applied or destroyed."""
    try:
        with journal.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            tail = file.read()
    except OSError:
        return False
    finished, decoder = False, Decoder()
    for line in tail.decode("utf-8", "replace").splitlines():
        event = decoder.decode(line)
        if isinstance(event, Version):
            finished = False
        elif isinstance(event, ChangeSummary):
            finished = event.operation != "plan"
    return finished
