"""Derives each trial from the seed and its number, the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.chaos.faults import Fault, Watched

PLAN_SHARE = 0.15
"""Share of the trials whose fault may occur while Terraform still plans."""
PLAN_SECONDS = 5.0
"""Seconds within which a plan has ended on an idle machine."""
AFTER_EVENT_SECONDS = 0.6
"""Maximum number of seconds after the event that a fault waits for, so that faults also occur
between two events."""
S3_SHARE = 0.4
"""Share of the trials with the state in a bucket."""
DESTROY_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Order:
    """One trial, as it was drawn."""

    number: int
    seed: str
    name: str
    """The stack's name, which is part of the name of everything that it creates."""
    fault: Fault
    operation: str
    """apply or destroy."""
    full: bool
    """The stack with the load balancer instead of the small one."""
    in_s3: bool
    while_planning: bool
    share: float
    """Share of the run's events, or of PLAN_SECONDS, after which the fault occurs."""
    wait: float
    """Seconds between that event and the fault."""


def draw_order(seed: str, number: int, faults: Sequence[Fault], full_share: float) -> Order:
    """Return the trial with this number. Each fault has its turn once in ``len(faults)``."""
    draw = Random(f"{seed} {number}")
    turn = list(faults)
    Random(f"{seed} {number // len(faults)}").shuffle(turn)
    fault = turn[number % len(faults)]
    planning = draw.random() < PLAN_SHARE and fault.watched in (Watched.NOBODY, Watched.COMMAND)
    return Order(
        number=number,
        seed=seed,
        name=f"chaos-{hash_of(seed):04x}-{number:04d}",
        fault=fault,
        operation="destroy" if draw.random() < DESTROY_SHARE else "apply",
        full=draw.random() < full_share,
        # A state on the full disk is the worst case, so it is always on the small disk.
        in_s3=draw.random() < S3_SHARE and not fault.on_small_disk,
        while_planning=planning,
        share=draw.random(),
        wait=draw.uniform(0, AFTER_EVENT_SECONDS),
    )


def hash_of(seed: str) -> int:
    """Return 16 bits of a seed, the same in every process."""
    return Random(seed).getrandbits(16)
