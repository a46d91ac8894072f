"""Signs that a terminal's font has: the Linux console's holds little beyond code page 437."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signs:
    """One cell each."""

    done: str
    failed: str
    waiting: str
    filled: str
    """The part of a bar that is done."""
    empty: str
    more: str
    """A line continues to the right."""


RICH = Signs(done="✓", failed="✗", waiting="·", filled="━", empty="─", more="›")
CONSOLE = Signs(done="√", failed="×", waiting="·", filled="█", empty="░", more="»")


def signs(environ: Mapping[str, str] = os.environ) -> Signs:
    """Return the signs for the terminal that TERM names."""
    return CONSOLE if environ.get("TERM") == "linux" else RICH
