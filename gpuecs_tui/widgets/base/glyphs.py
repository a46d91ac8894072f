"""Signs that the font of the terminal has: the Linux console has little beyond code page 437."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs of one cell each."""

    done: str
    failed: str
    waiting: str
    filled: str
    """The finished part of a progress bar."""
    empty: str
    more: str
    """Shows that a line continues to the right."""


RICH = Signs(done="✓", failed="✗", waiting="·", filled="━", empty="─", more="›")
CONSOLE = Signs(done="√", failed="×", waiting="·", filled="█", empty="░", more="»")


def signs(environ: Mapping[str, str] = os.environ) -> Signs:
    """Return the signs for the terminal named by TERM."""
    return CONSOLE if environ.get("TERM") == "linux" else RICH
