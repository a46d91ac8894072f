"""A cause for which a deployment does not complete, and its sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.stack.fields import Value

RunStage = Literal[
    "fleet",
    "launching",
    "running",
    "agent",
    "placed",
    "pulled",
    "started",
    "healthy",
    "revision",
]
"""The stages in the order of a new task."""
StageId = RunStage | Literal["note"]
"""``note``: nothing is stuck."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one answer."""

    key: str
    """Dotted key of the stack, such as ``fleet.max_size``."""
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What a recogniser found; all texts are translated sentences."""

    sentence: str
    seen: tuple[str, ...] = ()
    """AWS's own words."""
    next_step: str
    alternatives: tuple[str, ...] = ()
    """Other causes of the same signal, each with how to tell it apart."""
    change: Change | None = None
    """The next step as a change of an answer; None if it is not one."""
    certain: bool = True
    """False: the facts fit, and do not prove it."""


Recogniser = Callable[[Situation], Recognition | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One row of docs/troubleshooting.md."""

    id: str
    stage: StageId
    looks: str
    """How it looks, untranslated: the signal, a sentence."""
    do: str
    """What to do, untranslated: a sentence."""
    source: str
    """URL of a public page with the signal."""
    certain: bool = True
    """Whether the signal proves the cause."""
    recognise: Recogniser | None = None
    """None: the facts of a deployment don't show it."""
    not_read: str = ""
    """Why ``recognise`` is None, untranslated."""
    demo_fault: str = ""
    """The fault of the demo account that plays it; empty if none does."""
    not_played: str = ""
    """Why the demo account can't play it, untranslated."""
    last: bool = False
    """Whether it is only named where no other cause of its stage or an earlier one was found."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A cause with the numbers of one reading."""

    cause: Cause
    found: Recognition

    @property
    def sentence(self) -> str:
        """What is stuck, in one sentence."""
        return self.found.sentence

    @property
    def seen(self) -> tuple[str, ...]:
        """AWS's own words."""
        return self.found.seen

    @property
    def next_step(self) -> str:
        """What to do, in one sentence."""
        return self.found.next_step

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Other causes of the same signal, each with how to tell it apart."""
        return self.found.alternatives

    @property
    def change(self) -> Change | None:
        """The next step as a change of an answer."""
        return self.found.change

    @property
    def certain(self) -> bool:
        """Whether the signal proves the cause."""
        return self.cause.certain and self.found.certain
