"""The waits of the demo account.

All waits are in seconds of the account's own clock. ``GPUECS_TUI_DEMO_PACE`` scales them: with 0.1,
everything takes a tenth of its time. The waits are shorter than on AWS, where an instance takes
minutes to join, but long enough to be visible.
"""

from __future__ import annotations

import os
import time

from gpuecs_tui.demo.protocol import PACE_VARIABLE, is_pace

JOIN = 12.0
"""From an instance's start until its agent registers; 60–120 s on AWS."""

PROVISION = 2.0
"""From PROVISIONING until PENDING, if an instance has room for the task."""

PULL = 8.0
"""From PENDING until RUNNING: the image pull."""

STOP = 4.0
"""From a task's SIGTERM until it is STOPPED."""

DEREGISTER = 4.0
"""Draining of a target; the target group's own delay is used if it is shorter."""

SCALE_OUT = 4.0
"""Until the capacity provider scales out for a waiting task; about a minute on AWS."""

SCALE_IN = 300.0
"""Until the capacity provider scales in an idle instance; 15 min on AWS."""

METRIC_MINUTE = 4.0
"""A minute of the metrics and cool-downs of task scaling."""

LAUNCH_RETRY = 10.0
"""Until an Auto Scaling group tries a failed launch again."""

CAPACITY_WAIT = 90.0
"""Until a task that waits for capacity stops; 10–30 minutes on AWS
(https://aws.amazon.com/blogs/containers/deep-dive-on-amazon-ecs-cluster-auto-scaling/)."""

RUN = 6.0
"""From a task's start until a fault of a running task ends it."""

GRACE = 60.0
"""The longest health check grace period that the account waits for."""

LOAD = 3.0
"""From a task's start until its log says that the model is loaded."""

REQUEST = 5.0
"""Between two requests in a healthy task's log."""

COMPLAINT = 20.0
"""Until a service event reports a task that can't be placed, and between two such events."""

TICK = 0.5
"""Real seconds between two updates of the simulation."""


def _speed() -> float:
    # account.py refuses an invalid pace before the server starts.
    text = os.environ.get(PACE_VARIABLE, "")
    return 1.0 / float(text) if is_pace(text) else 1.0


_SPEED = _speed()


def now() -> float:
    """Return seconds of the account's clock; only differences are meaningful."""
    return time.monotonic() * _SPEED


def tick() -> float:
    """Return the real seconds until the next update: shorter if the clock runs faster."""
    return max(TICK / _SPEED, 0.05)
