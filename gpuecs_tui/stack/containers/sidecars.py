"""Further containers of the task: sidecars, and containers that prepare something and exit."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import table, texts
from gpuecs_tui.stack.identity import ECS_NAME
from gpuecs_tui.stack.task import IMAGE, VARIABLE_NAME

CONTAINERS_MAX = 10
"""Containers of a task definition (ECS developer guide, "Amazon ECS service quotas")."""
CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")
"""ECS API reference, ContainerDependency."""
ENDS = ("COMPLETE", "SUCCESS")
"""Conditions that are met when the other container has exited."""
_DEPENDENCY = rf"{ECS_NAME}:(?:{'|'.join(CONDITIONS)})"
_NAME_SAYS = N_("must be a container name of letters, numbers, hyphens, and underscores")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecars:
    """``sidecars.*``: further containers of the task, each with a line in ``images``."""

    images: dict[str, str] = table(
        N_("Further containers"),
        N_(
            "One NAME=image per line. Each runs beside the service's container in every task, "
            "without a GPU, and writes to the same log group."
        ),
        {},
        item_pattern=ECS_NAME,
        pattern=IMAGE,
        pattern_says=N_("must be NAME=image with a container name and an image reference"),
        unset={},
    )
    memory_mib: dict[str, str] = table(
        N_("Their memory"),
        N_(
            "One NAME=MiB per line, for each further container. The service's container gets the "
            "rest of the task's memory unless it has a size of its own."
        ),
        {},
        item_pattern=ECS_NAME,
        pattern=r"[1-9][0-9]{0,7}",
        pattern_says=N_("must be NAME=MiB"),
        unset={},
    )
    cpu_units: dict[str, str] = table(
        N_("Their CPU"),
        N_("One NAME=CPU units per line. A container without a line reserves none."),
        {},
        item_pattern=ECS_NAME,
        pattern=r"[1-9][0-9]{0,5}",
        pattern_says=N_("must be NAME=CPU units"),
        unset={},
    )
    essential: tuple[str, ...] = texts(
        N_("Essential ones"),
        N_("Names of further containers whose end stops the task. The others may exit."),
        (),
        item_pattern=ECS_NAME,
        pattern_says=_NAME_SAYS,
        unset=(),
    )
    depends_on: dict[str, str] = table(
        N_("Start order"),
        N_(
            "One NAME=OTHER:CONDITION per line, several separated by spaces: NAME starts after "
            "OTHER. Conditions: START, COMPLETE (exited), SUCCESS (exited with 0), HEALTHY."
        ),
        {},
        item_pattern=ECS_NAME,
        pattern=rf"{_DEPENDENCY}(?: {_DEPENDENCY})*",
        pattern_says=N_("must be NAME=OTHER:CONDITION, such as app=model:SUCCESS"),
        unset={},
    )
    environment: dict[str, str] = table(
        N_("Their environment"),
        N_("One NAME.VARIABLE=value per line, where NAME is a further container."),
        {},
        item_pattern=rf"{ECS_NAME}\.{VARIABLE_NAME}",
        pattern_says=N_("must be NAME.VARIABLE, such as metrics.LOG_LEVEL"),
        unset={},
    )
    ports: dict[str, str] = table(
        N_("Their ports"),
        N_(
            "One NAME=PORT or NAME=HOST:PORT per line. In bridge mode, the instance has a free "
            "port for PORT, or the port HOST. The load balancer doesn't use them."
        ),
        {},
        item_pattern=ECS_NAME,
        pattern=r"(?:[1-9][0-9]{0,4}:)?[1-9][0-9]{0,4}",
        pattern_says=N_("must be NAME=PORT or NAME=HOST:PORT"),
        unset={},
    )
