"""What every instance type of a fleet has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.instance_type import InstanceType


def smallest_of(
    names: Sequence[str], find: Callable[[str], InstanceType | None]
) -> InstanceType | None:
    """Return what every type of ``names`` has; None if there is no name or one is unknown."""
    found = [find(name) for name in names]
    known = [it for it in found if it is not None]
    return smallest(known) if known and len(known) == len(found) else None


def smallest(types: Sequence[InstanceType]) -> InstanceType:
    """Return a type with the least of each resource in ``types``, which has at least one.

    That is one of the types if it has the least of everything. Otherwise, its name lists them all.
    """
    least = min(types, key=lambda it: (it.safe_memory_mib, it.registers.mib, it.vcpus, it.gpus))
    interfaces = [it.max_enis for it in types if it.max_enis is not None]
    combined = replace(
        least,
        vcpus=min(it.vcpus for it in types),
        gpus=min(it.gpus for it in types),
        max_enis=min(interfaces) if len(interfaces) == len(types) else None,
        gpu_model=_models(types),
        gpu_memory_mib=min(it.gpu_memory_mib for it in types),
    )
    same_size = (combined.vcpus, combined.gpus, combined.max_enis) == (
        least.vcpus, least.gpus, least.max_enis,
    )  # fmt: skip
    return (
        combined if same_size else replace(combined, name=_(" or ").join(it.name for it in types))
    )


def _models(types: Sequence[InstanceType]) -> str:
    """Return the GPU models for a text in which the least memory of a GPU follows."""
    models = _(" or ").join(dict.fromkeys(it.gpu_model for it in types))
    if len({it.gpu_memory_mib for it in types}) == 1:
        return models
    return _("{models}, at least").format(models=models)
