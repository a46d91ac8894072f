"""What the deployment screen found last, for the screen of the run that applied it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuecs_tui.deployment.verdict import VerdictState


@dataclass(frozen=True, slots=True)
class DeploymentSeen:
    """The verdict on the deployment of one run."""

    run_id: str
    state: VerdictState
    words: str
    """The verdict's word and sentence, and the first cause."""
