"""How long the emulated account lets things take.

All waits are in seconds of the account's own clock, which ``GPUECS_TUI_DEMO_PACE`` makes run
faster: 0.1 lets everything take a tenth of its time. Shorter than on AWS already, where an
instance takes minutes to join: long enough to be seen, short enough to be waited for.
"""

from __future__ import annotations

import os
import time

from gpuecs_tui.demo.protocol import PACE_VARIABLE, is_pace

JOIN = 12.0
"""An instance's start until its agent registers; 60–120 s on AWS."""

PROVISION = 2.0
"""A task's PROVISIONING until it is PENDING, given an instance that has room."""

PULL = 8.0
"""PENDING until RUNNING: the image's download."""

STOP = 4.0
"""A task's SIGTERM until it is STOPPED."""

DEREGISTER = 4.0
"""A target's draining; the target group's own delay applies where it is shorter."""

SCALE_OUT = 4.0
"""A waiting task until the capacity provider asks for instances; about a minute on AWS."""

SCALE_IN = 300.0
"""An idle instance until the capacity provider lets go of it; 15 min on AWS."""

COMPLAINT = 20.0
"""A task that fits nowhere until the service says so, and between two such events."""

TICK = 0.5
"""Real seconds between two looks of the player at the account."""


def _speed() -> float:
    # Refused before the server starts, where it is no pace (account.py).
    text = os.environ.get(PACE_VARIABLE, "")
    return 1.0 / float(text) if is_pace(text) else 1.0


_SPEED = _speed()


def now() -> float:
    """Seconds of the account's clock; only differences mean something."""
    return time.monotonic() * _SPEED


def tick() -> float:
    """Real seconds until the player looks again: shorter where the clock runs faster."""
    return max(TICK / _SPEED, 0.05)
