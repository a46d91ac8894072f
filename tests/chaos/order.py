"""Derives each trial from the seed and its number, the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.chaos.faults import Fault, Watched

PLAN_SHARE = 0.15
"""Of the trials, in how many the fault may come while Terraform still plans."""
PLAN_SECONDS = 5.0
"""By which a plan has ended on a quiet machine."""
AFTER_EVENT_SECONDS = 0.6
"""At most so long after the event that a fault waits for: between two events is a moment too."""
S3_SHARE = 0.4
"""Of the trials, in how many the state lies in a bucket."""
DESTROY_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Order:
    """One trial, as drawn."""

    number: int
    seed: str
    name: str
    """The stack's name, which all that it creates bears."""
    fault: Fault
    operation: str
    """apply or destroy."""
    full: bool
    """The stack with the load balancer, not the small one."""
    in_s3: bool
    while_planning: bool
    share: float
    """Of the events that the run will have, after how many the fault comes; or of PLAN_SECONDS."""
    wait: float
    """Seconds between that event and the fault."""


def draw_order(seed: str, number: int, faults: Sequence[Fault], full_share: float) -> Order:
    """Return the trial of this number. Each fault has its turn once in ``len(faults)``."""
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
        # A state on the full disk is the worst that can be: it lies there always.
        in_s3=draw.random() < S3_SHARE and not fault.on_small_disk,
        while_planning=planning,
        share=draw.random(),
        wait=draw.uniform(0, AFTER_EVENT_SECONDS),
    )


def hash_of(seed: str) -> int:
    """Return 16 bits of a seed, the same in every process."""
    return Random(seed).getrandbits(16)
