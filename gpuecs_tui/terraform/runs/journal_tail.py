"""The end of the journal of a run whose process died."""

from __future__ import annotations

import os
from pathlib import Path

from gpuecs_tui.regular_files import open_regular
from gpuecs_tui.terraform.engine.events import ChangeSummary, Decoder, Version

_TAIL = 256 * 1024
"""Bytes that are read: only the outputs follow the summary."""


def had_finished(journal: Path) -> bool:
    """Tell whether Terraform's last event in a journal reports that everything was applied or
    destroyed."""
    try:
        with os.fdopen(open_regular(journal), "rb") as file:
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
