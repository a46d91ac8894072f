"""Words for what limits a fit."""

from __future__ import annotations

from gpuecs_tui.checks.placement import Resource
from gpuecs_tui.i18n import N_, _

_LIMITS: dict[Resource, str] = {
    "gpus": N_("GPUs"),
    "port": N_("the fixed host port"),
    "distinct": N_("distinct instances"),
    "enis": N_("network interfaces"),
    "memory": N_("memory"),
    "cpu": N_("CPU"),
}


def limit_word(resource: Resource) -> str:
    """Return the name of the resource that limits the number of tasks."""
    return _(_LIMITS[resource])
