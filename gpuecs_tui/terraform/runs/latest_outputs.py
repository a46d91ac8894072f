"""The outputs that the last run of a stack left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gpuecs_tui.terraform.base.atomic_files import read_json
from gpuecs_tui.terraform.runs.run import Run


def latest_outputs(newest_first: Sequence[Run]) -> Mapping[str, Any] | None:
    """Return the outputs (name → {"value": …}) of the newest run that recorded any.

    Empty after a destroy; None if no run of this user recorded outputs.
    """
    for run in newest_first:
        # After a destroy there are none, and older ones are no longer valid.
        if (found := read_json(run.files.outputs)) is not None:
            return found
    return None
