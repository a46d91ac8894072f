"""Faults of instance types, zones, quotas, AMIs and images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, InstanceTypeBackend

from gpuecs_tui.demo.account import REGION
from gpuecs_tui.demo.model import quotas
from gpuecs_tui.demo.model.overrides import emptied, without_keys
from gpuecs_tui.demo.seed.images import AMIS, OWN_AMIS, image_index
from gpuecs_tui.demo.seed.network import ZONES
from gpuecs_tui.demo.seed.seeding import moto_backend

BY_ZONE = "availability-zone"
GPU_QUOTAS = ("L-DB2E81BA", "L-3819A6DF", "L-417A185B", "L-7212CCBC")
WITHOUT_GPU = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
"""The ECS AMI whose name the account's own AMIs get."""


@contextmanager
def no_gpu_types(_operand: str) -> Iterator[None]:
    """No GPU instance types, and none offered in the Region."""
    types = InstanceTypeBackend.instance_types
    gpu = {it["InstanceType"] for it in types if it.get("GpuInfo")}
    kept = [it for it in types if it["InstanceType"] not in gpu]
    with ExitStack() as held:
        held.enter_context(patch.object(InstanceTypeBackend, "instance_types", kept))
        for kind in INSTANCE_TYPE_OFFERINGS:
            held.enter_context(_offered(kind, lambda it: it["InstanceType"] not in gpu))
        yield


@contextmanager
def zone_without_type(operand: str) -> Iterator[None]:
    """``operand`` is offered only in the Region's first zone."""

    def stays(offering: dict[str, Any]) -> bool:
        return offering["InstanceType"] != operand or str(offering["Location"]) == ZONES[0]

    with _offered(BY_ZONE, stays):
        yield


@contextmanager
def quota_zero(_operand: str) -> Iterator[None]:
    """All vCPU quotas of GPU families are 0, On-Demand and Spot."""
    kept = {code: quotas.EC2_QUOTAS[code] for code in GPU_QUOTAS}
    quotas.EC2_QUOTAS.update({code: (name, 0.0) for code, (name, _value) in kept.items()})
    try:
        yield
    finally:
        quotas.EC2_QUOTAS.update(kept)


@contextmanager
def ami_missing(_operand: str) -> Iterator[None]:
    """The account's own AMIs were deregistered."""
    with without_keys(moto_backend("ec2").amis, [it.id for it in _own_amis()]):
        yield


@contextmanager
def ami_without_gpu(_operand: str) -> Iterator[None]:
    """The account's own AMIs have the names of Amazon's AMIs without a driver."""
    name, _architecture, _owner = AMIS[WITHOUT_GPU]
    with ExitStack() as held:
        for it in _own_amis():
            held.enter_context(patch.object(it, "name", name))
        yield


@contextmanager
def image_missing(_operand: str) -> Iterator[None]:
    """Repositories without an image."""
    with ExitStack() as held:
        for repository in moto_backend("ecr").repositories.values():
            held.enter_context(emptied(repository.images))
        yield


@contextmanager
def image_other_architecture(_operand: str) -> Iterator[None]:
    """Images for one platform only, which is not that of the GPU types."""
    with ExitStack() as held:
        for repository in moto_backend("ecr").repositories.values():
            for image in repository.images:
                index = image_index(image.get_image_digest(), ["arm64"])
                held.enter_context(patch.object(image, "image_manifest", index))
        yield


@contextmanager
def repository_missing(_operand: str) -> Iterator[None]:
    """No repository."""
    repositories = moto_backend("ecr").repositories
    with without_keys(repositories, repositories):
        yield


@contextmanager
def _offered(kind: str, stays: Callable[[dict[str, Any]], bool]) -> Iterator[None]:
    by_region = INSTANCE_TYPE_OFFERINGS[kind]
    kept = by_region.get(REGION, [])
    by_region[REGION] = [it for it in kept if stays(it)]
    try:
        yield
    finally:
        by_region[REGION] = kept


def _own_amis() -> list[Any]:
    return [it for it in moto_backend("ec2").amis.values() if it.name in OWN_AMIS]


HOLDS = {
    "no-gpu-types": no_gpu_types,
    "zone-without-type": zone_without_type,
    "quota-zero": quota_zero,
    "ami-missing": ami_missing,
    "ami-without-gpu": ami_without_gpu,
    "image-missing": image_missing,
    "image-other-architecture": image_other_architecture,
    "repository-missing": repository_missing,
}
