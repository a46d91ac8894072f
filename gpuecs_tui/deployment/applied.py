"""What the last apply left, as far as the files of a stack tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gpuecs_tui.stack.model import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The service as Terraform left it, with which the service that runs is compared."""

    task_definition: str = ""
    """Family and revision, such as ``demo:4``; empty if it is unknown."""
    desired: int | None = None
    """Tasks; None if it is unknown."""
    has_load_balancer: bool = True
    """Whether the service registers its tasks with a target group."""
    ignores_task_definition: bool = False
    """Whether Terraform ignores the service's revision, so that another program may deploy one."""
    ignores_desired: bool = False
    """Whether Terraform ignores the desired count, as autoscaling needs it."""
    is_rollback_wanted: bool = False
    """Whether a command asked ECS to roll the newest deployment back, so that this is no
    failure."""
    under_way: Literal["", "apply", "destroy"] = ""
    """The run of this user that changes the stack at present."""
    stack: Stack | None = None
    """The decisions in the directory; None unless all of them are known and applied."""
    region: str = "REGION"
    """The stack's Region, which commands of the AWS CLI in messages name."""
    directory: Path = Path("DIR")
    """The stack directory, which commands in messages name."""
