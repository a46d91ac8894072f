"""The options of the command line."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Options(NamedTuple):
    """The options of the command line."""

    directory: Path
    demo: bool = False
    profile: str | None = None
    """None: taken from the environment and the draft."""
    plugin_dir: Path | None = None
    """A provider mirror for Terraform; None: the one that Terraform finds."""
    faults: tuple[str, ...] = ()
    """Simulated faults of the demo account."""
