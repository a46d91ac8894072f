"""A GPU instance type with the properties that decisions of a stack depend on."""

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
    """The memory that the ECS agent registers, which limits the placement of tasks."""

    mib: int
    source: MemorySource
    """Only a measured value is proof; ``assumed`` is the safe bound."""


def quota_family(name: str) -> str:
    """Return the vCPU quota of a Region that applies to the GPU type ``name``: ``P`` or ``G``.

    The quotas are "All P instances" and "All G and VT instances" (docs/aws.md, "vCPU quotas").
    """
    return "P" if name.startswith("p") else "G"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceType:
    """An instance type with the facts of EC2 and ECS."""

    name: str
    """For example ``g4dn.xlarge``."""
    vcpus: int
    memory_mib: int
    """RAM according to EC2, in MiB; the agent registers less."""
    gpus: int
    """Whole GPUs; 0 for a fraction of one (g6f, gr6f)."""
    gpu_model: str
    gpu_memory_mib: int
    """Memory of one GPU, in MiB."""
    gpu_manufacturer: str
    architecture: str
    """``x86_64`` or ``arm64``."""
    quota_family: str
    """``G`` (G and VT instances) or ``P``: the vCPU quota of the Region that applies."""
    max_enis: int | None
    """Maximum number of network interfaces; None if unknown."""
    registered_mib: int | None
    """MiB that the ECS agent registers; None if neither measured nor estimated. Use ``registers``
    for display and calculations."""
    registered_source: MemorySource
    ecs_support: str
    """``documented``, ``ami-code``, ``inferred``, or the catalogue's word for why ECS does not
    support it."""
    reserved_mib: int = 0
    """MiB of the registered memory that the user data of a stack reserves; see ``reserving``."""
    figures_source: str = ""
    """The catalogue's word for the source of its figures (``recalled``); empty if it is EC2."""

    @property
    def cpu_units(self) -> int:
        """CPU units that the ECS agent registers."""
        return self.vcpus * CPU_UNITS_PER_VCPU

    @property
    def safe_memory_mib(self) -> int:
        """Maximum MiB that a task can reserve on every current ECS GPU AMI."""
        return max(0, self.memory_mib * SAFE_MEMORY_PER_MILLE // 1000 - self.reserved_mib)

    @property
    def registers(self) -> Registered:
        """The memory that the ECS agent registers: measured, estimated, or the safe bound."""
        if self.registered_mib is None:
            return Registered(self.safe_memory_mib, "assumed")
        return Registered(max(0, self.registered_mib - self.reserved_mib), self.registered_source)

    def reserving(self, mib: int) -> InstanceType:
        """Return the type with ``mib`` reserved instead of the present ``reserved_mib``."""
        return self if mib == self.reserved_mib else replace(self, reserved_mib=mib)

    @property
    def supported(self) -> bool:
        """Whether GPU tasks run on the type with ECS on EC2, according to the catalogue."""
        return (
            self.gpus > 0
            and self.gpu_manufacturer.upper() == "NVIDIA"
            and self.ecs_support in {"documented", "ami-code", "inferred"}
        )
