"""A GPU instance type, as far as a stack's decisions depend on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

MemorySource = Literal["measured", "estimated", "assumed"]

SAFE_MEMORY_PER_MILLE = 925
"""Share of an instance's RAM, in thousandths, that a task may reserve and still be placed on every
current ECS GPU AMI: AL2023 leaves 1.7–5.3 % less than AL2, where the figures were measured."""

CPU_UNITS_PER_VCPU = 1024
"""ECS counts a vCPU as 1,024 CPU units."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The memory that the ECS agent registers, which is what tasks are placed against."""

    mib: int
    source: MemorySource
    """Only what was measured is proof; ``assumed`` is the safe bound."""


def quota_family(name: str) -> str:
    """Return which vCPU quota of a region counts the GPU type ``name``: ``P``, or ``G``.

    The quotas are "All P instances" and "All G and VT instances" (docs/aws.md, "vCPU quotas").
    """
    return "P" if name.startswith("p") else "G"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceType:
    """What EC2 says of an instance type, and what ECS makes of it."""

    name: str
    """For example ``g4dn.xlarge``."""
    vcpus: int
    memory_mib: int
    """RAM as EC2 sells it, in MiB; the agent registers less."""
    gpus: int
    """Whole GPUs; 0 for a fraction of one (g6f, gr6f)."""
    gpu_model: str
    gpu_memory_mib: int
    """Memory of one GPU, in MiB."""
    gpu_manufacturer: str
    architecture: str
    """``x86_64`` or ``arm64``."""
    quota_family: str
    """``G`` (G and VT instances) or ``P``: which vCPU quota of the region counts it."""
    max_enis: int | None
    """Network interfaces it can have; None when not known."""
    registered_mib: int | None
    """MiB that the ECS agent registers; None when neither measured nor estimated: ``registers``
    is what to show and to reckon with."""
    registered_source: MemorySource
    ecs_support: str
    """``documented``, ``ami-code``, ``inferred``, or the catalogue's word for why not."""
    reserved_mib: int = 0
    """MiB that the user data of a stack takes from what the agent registers; see ``reserving``."""
    figures_source: str = ""
    """The catalogue's word for where its figures are from (``recalled``); empty where EC2 gave
    them."""

    @property
    def cpu_units(self) -> int:
        """CPU units that the ECS agent registers."""
        return self.vcpus * CPU_UNITS_PER_VCPU

    @property
    def safe_memory_mib(self) -> int:
        """The most MiB that a task can reserve on any current ECS GPU AMI."""
        return max(0, self.memory_mib * SAFE_MEMORY_PER_MILLE // 1000 - self.reserved_mib)

    @property
    def registers(self) -> Registered:
        """What the ECS agent registers: measured, estimated, or else the safe bound."""
        if self.registered_mib is None:
            return Registered(self.safe_memory_mib, "assumed")
        return Registered(max(0, self.registered_mib - self.reserved_mib), self.registered_source)

    def reserving(self, mib: int) -> InstanceType:
        """Return the type with ``mib`` held back from tasks, in place of what was held back."""
        return self if mib == self.reserved_mib else replace(self, reserved_mib=mib)

    @property
    def supported(self) -> bool:
        """Whether tasks with GPUs run on it under ECS on EC2, as far as is known."""
        return (
            self.gpus > 0
            and self.gpu_manufacturer.upper() == "NVIDIA"
            and self.ecs_support in {"documented", "ami-code", "inferred"}
        )
