"""What every type of a fleet has, with a true name of its GPUs."""

from __future__ import annotations

import pytest

from gpuecs_tui.aws import catalogue
from gpuecs_tui.stack.capacity.smallest import smallest_of


@pytest.mark.parametrize(
    ("names", "models"),
    [
        (("g4dn.xlarge",), "T4"),
        (("g4dn.xlarge", "g4dn.2xlarge"), "T4"),
        (("g6.xlarge", "g4dn.xlarge"), "L4 or T4, at least"),
        (("g4dn.xlarge", "g6.xlarge", "g5.xlarge"), "T4 or L4 or A10G, at least"),
    ],
)
def test_no_model_is_named_with_the_memory_of_another(names: tuple[str, ...], models: str) -> None:
    least = smallest_of(names, catalogue.find)
    assert least is not None and least.gpu_model == models
    kinds = [it for name in names if (it := catalogue.find(name)) is not None]
    assert least.gpu_memory_mib == min(it.gpu_memory_mib for it in kinds)
