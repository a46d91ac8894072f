"""What the command line asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    directory: Path
    demo: bool = False
    profile: str | None = None
    """None: as the environment and the draft say."""
    plugin_dir: Path | None = None
    """A provider mirror for Terraform; None: what Terraform finds."""
    faults: tuple[str, ...] = ()
    """What is wrong with the demo account by request."""
