"""What the Terraform of a stack owes to what the directory held before.

Terraform renames what a state holds by ``moved`` blocks (Terraform language, "Refactoring").
"""

from __future__ import annotations

from dataclasses import dataclass

MOVED_FILE = "moved.tf"
PORT_HANDOVER = "terraform_data.port_handover"
"""Orders the listeners where HTTPS takes a port that HTTP had."""


@dataclass(frozen=True, slots=True)
class Past:
    """Renamed addresses, and a port that changes hands."""

    moves: tuple[tuple[str, str], ...] = ()
    """From and to address of each ``moved`` block."""
    handover: bool = False
    """HTTPS is on a port that HTTP had: AWS takes the new listener once the old one has left."""


NO_PAST = Past()
"""That of a new stack."""
