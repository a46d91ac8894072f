"""The deployment strategies of ECS: which exist, what each needs, and how many tasks it runs.

Sources: ECS API reference, DeploymentConfiguration, LinearConfiguration, CanaryConfiguration.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

ROLLING = "rolling"
BLUE_GREEN = "blue_green"
SHIFTING = (BLUE_GREEN, "linear", "canary")
"""Strategies that start all new tasks, and then shift the requests to them."""
STRATEGIES = (ROLLING, *SHIFTING)
STRATEGY = "service.deployment_strategy"
BOTH_PERCENT = 200
"""Share of the desired count that runs while the requests shift: all old and all new tasks."""
BAKE_MAX = 1440
"""Minutes: 24 hours (ECS API reference, LinearConfiguration and CanaryConfiguration)."""
LINEAR_STEP_MIN = 3
"""Percent (ECS API reference, LinearConfiguration)."""
LINEAR_STEP_PERCENT, LINEAR_STEP_MINUTES, CANARY_MINUTES = 10, 6, 10
"""Defaults of ECS (ECS API reference, LinearConfiguration and CanaryConfiguration)."""

PROVIDERS = ("5.100.0", "6.4.0", "6.21.0")
"""Lowest releases of the AWS provider that a stack can require. 6.4 knows blue/green deployments,
6.21 also linear and canary ones (docs/aws.md, "Deployment strategies")."""
_NEEDS: Mapping[str, str] = {BLUE_GREEN: "6.4.0", "linear": "6.21.0", "canary": "6.21.0"}


def shifts_traffic(strategy: str) -> bool:
    """Return whether ``strategy`` starts all new tasks before it stops an old one."""
    return strategy in SHIFTING


def needed_provider(strategy: str) -> str:
    """Return the lowest release of the AWS provider that knows ``strategy``."""
    return _NEEDS.get(strategy, PROVIDERS[0])


def provider_number(version: str) -> tuple[int, ...]:
    """Return a provider release as a number for comparisons: ``6.4.0`` and ``6.4`` as (6, 4, 0)."""
    parts = [int(part) for part in version.split(".") if part.isdecimal()]
    return (*parts, 0, 0, 0)[:3]


def healthy_percents(strategy: str, minimum: int, maximum: int) -> tuple[int, int]:
    """Return the least and the most tasks of a deployment, in percent of the desired count.

    ``minimum`` and ``maximum`` are the healthy percents of the service, which apply only to rolling
    deployments.
    """
    return (100, BOTH_PERCENT) if shifts_traffic(strategy) else (minimum, maximum)


def shift_minutes(
    strategy: str, *, step_percent: float, step_minutes: int, canary_minutes: int
) -> int:
    """Return the minutes that ECS waits between the first and the last shift of the requests.

    ECS doesn't wait after the step that reaches 100 % (ECS API reference, LinearConfiguration), so
    ten steps have nine waits (CloudFormation reference, LinearConfiguration).
    """
    if strategy == "linear":
        return (math.ceil(100 / step_percent) - 1) * step_minutes
    return canary_minutes if strategy == "canary" else 0
