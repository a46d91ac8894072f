"""The lifecycle stages of a deployment that shifts requests, and which tasks serve in each.

Source: ECS API reference, ServiceDeployment, ``lifecycleStage``.
"""

from __future__ import annotations

from typing import Literal

BAKE_TIME = "BAKE_TIME"
SCALE_UP = "SCALE_UP"
CLEAN_UP = "CLEAN_UP"
TESTING = ("TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT")
STARTING = ("RECONCILE_SERVICE", "PRE_SCALE_UP", SCALE_UP)
"""Stages that last until the new tasks run."""

_BEFORE_STEP = "PRE_PRODUCTION_TRAFFIC_SHIFT"
_OLD = ("PRE_SCALE_UP", SCALE_UP, "POST_SCALE_UP", *TESTING)
_NEW = ("POST_PRODUCTION_TRAFFIC_SHIFT", BAKE_TIME, CLEAN_UP)


def serving(stage: str, strategy: str) -> Literal["old", "both", "new", "unknown"]:
    """Return which tasks serve the requests of clients in ``stage``, if there are old and new ones.

    Linear and canary deployments enter the stage before a shift again at each step. In
    ``RECONCILE_SERVICE``, several revisions run, and which of them serve is not documented.
    """
    if stage in _OLD or (stage == _BEFORE_STEP and strategy == "blue_green"):
        return "old"
    if stage in (_BEFORE_STEP, "PRODUCTION_TRAFFIC_SHIFT"):
        return "both"
    return "new" if stage in _NEW else "unknown"
