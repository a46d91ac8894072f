"""Reads GPU instance types, the zones that offer them, and vCPU quotas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import Any

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.batches import batches
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.facts import CapacityReservation, GpuInstance, Offering, Quota
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.stack.instance_type import InstanceType

GPU_PATTERNS = ["g*", "p*"]
"""The name of every EC2 family with NVIDIA GPUs starts with one of these letters. No filter selects
GPUs. The filter by name is documented for DescribeInstanceTypes, and it excludes 90 % of the 1,400
types from the response."""
QUOTA_PATTERNS = [*GPU_PATTERNS, "vt*"]
"""Families whose running instances count against the quotas: VT shares the quota of G."""
TYPE_PAGE = {"PageSize": 100}
OFFERING_PAGE = {"PageSize": 1000}
INSTANCE_PAGE = {"PageSize": 1000}
RESERVATION_PAGE = {"PageSize": 1000}
CAPACITY_BLOCK = "capacity-block"
FILTER_VALUES = 200
"""The most values that one EC2 filter takes."""

QUOTAS = (
    ("L-DB2E81BA", "G", "on-demand"),
    ("L-3819A6DF", "G", "spot"),
    ("L-417A185B", "P", "on-demand"),
    ("L-7212CCBC", "P", "spot"),
)
"""vCPU quotas of the service ``ec2``: code, family, market (docs/aws.md, "vCPU quotas")."""


def read_instance_types(reader: AccountReader) -> tuple[InstanceType, ...]:
    """Return the region's instance types with GPUs, by family and size.

    The account's figures take precedence; facts about ECS are from the catalogue
    (``catalogue.merge``).
    """
    items = reader.items(
        "ec2",
        "DescribeInstanceTypes",
        "InstanceTypes",
        Filters=[{"Name": "instance-type", "Values": GPU_PATTERNS}],
        PaginationConfig=TYPE_PAGE,
    )
    return tuple(
        sorted(
            (catalogue.merge(_live(it)) for it in items if it.get("GpuInfo", {}).get("Gpus")),
            key=catalogue.order,
        )
    )


def read_offerings(
    reader: AccountReader, names: Iterable[str] | None = None
) -> tuple[Offering, ...]:
    """Return the zones that offer the types ``names`` (default: the catalogue's), by name.

    The filter uses whole names, because patterns are documented for types only.
    """
    wanted = sorted(names if names is not None else catalogue.names())
    zones: defaultdict[str, set[str]] = defaultdict(set)
    for some in batches(wanted, FILTER_VALUES):
        for it in reader.items(
            "ec2",
            "DescribeInstanceTypeOfferings",
            "InstanceTypeOfferings",
            LocationType="availability-zone",
            Filters=[{"Name": "instance-type", "Values": some}],
            PaginationConfig=OFFERING_PAGE,
        ):
            zones[it["InstanceType"]].add(it["Location"])
    return tuple(Offering(name, tuple(sorted(zones[name]))) for name in sorted(zones))


def offered(
    types: Iterable[InstanceType], offerings: Iterable[Offering]
) -> tuple[InstanceType, ...]:
    """Return those of ``types`` that at least one zone of the Region offers, in their order."""
    names = {it.instance_type for it in offerings}
    return tuple(it for it in types if it.name in names)


def read_quotas(reader: AccountReader) -> tuple[Quota, ...]:
    """Return the vCPU quotas of GPU instances: the account's own, or AWS's default if unset."""
    calls = [reader.submit(partial(_quota, reader, code)) for code, *_rest in QUOTAS[1:]]
    values = [_quota(reader, QUOTAS[0][0]), *(call.result() for call in calls)]
    return tuple(
        Quota(code, family, market, int(value))  # type: ignore[arg-type]  # literals of QUOTAS
        for (code, family, market), value in zip(QUOTAS, values, strict=True)
    )


def read_gpu_instances(reader: AccountReader) -> tuple[GpuInstance, ...]:
    """Return the instances that currently count against a quota of GPU instances, by id."""
    reservations = reader.items(
        "ec2",
        "DescribeInstances",
        "Reservations",
        Filters=[
            {"Name": "instance-type", "Values": QUOTA_PATTERNS},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ],
        PaginationConfig=INSTANCE_PAGE,
    )
    found = (_gpu_instance(it) for group in reservations for it in group.get("Instances", ()))
    return tuple(sorted(found, key=lambda it: it.id))


def read_reservations(reader: AccountReader) -> tuple[CapacityReservation, ...]:
    """Return the active capacity reservations, by id; capacity blocks are left out."""
    items = reader.items(
        "ec2",
        "DescribeCapacityReservations",
        "CapacityReservations",
        Filters=[{"Name": "state", "Values": ["active"]}],
        PaginationConfig=RESERVATION_PAGE,
    )
    found = (_reservation(it) for it in items if it.get("ReservationType") != CAPACITY_BLOCK)
    return tuple(sorted(found, key=lambda it: it.id))


def _reservation(item: dict[str, Any]) -> CapacityReservation:
    tags = {tag["Key"]: tag["Value"] for tag in item.get("Tags", ())}
    return CapacityReservation(
        id=item["CapacityReservationId"],
        name=tags.get("Name", ""),
        instance_type=item["InstanceType"],
        zone=item.get("AvailabilityZone", ""),
        total=item["TotalInstanceCount"],
        unused=item["AvailableInstanceCount"],
    )


def _gpu_instance(item: dict[str, Any]) -> GpuInstance:
    cpu = item.get("CpuOptions", {})
    name = item["InstanceType"]
    known = catalogue.find(name)
    tags = {tag["Key"]: tag["Value"] for tag in item.get("Tags", ())}
    return GpuInstance(
        id=item["InstanceId"],
        instance_type=name,
        market="spot" if item.get("InstanceLifecycle") == "spot" else "on-demand",
        # A quota counts the vCPUs of the type, even if some were switched off at launch.
        vcpus=known.vcpus if known else cpu.get("CoreCount", 0) * cpu.get("ThreadsPerCore", 1),
        autoscaling_group=tags.get("aws:autoscaling:groupName", ""),
    )


def _quota(reader: AccountReader, code: str) -> float:
    try:
        answer = reader.call("service-quotas", "GetServiceQuota", ServiceCode="ec2", QuotaCode=code)
    except AwsProblem as problem:
        if problem.kind != "not_found":
            raise
        answer = reader.call(
            "service-quotas", "GetAWSDefaultServiceQuota", ServiceCode="ec2", QuotaCode=code
        )
    return float(answer["Quota"]["Value"])


def _live(item: dict[str, Any]) -> InstanceType:
    gpus = item["GpuInfo"]["Gpus"]
    architectures = item.get("ProcessorInfo", {}).get("SupportedArchitectures", ())
    return InstanceType(
        name=item["InstanceType"],
        vcpus=item["VCpuInfo"]["DefaultVCpus"],
        memory_mib=item["MemoryInfo"]["SizeInMiB"],
        gpus=sum(it.get("Count", 0) for it in gpus),
        gpu_model=gpus[0].get("Name", ""),
        gpu_memory_mib=gpus[0].get("MemoryInfo", {}).get("SizeInMiB", 0),
        gpu_manufacturer=gpus[0].get("Manufacturer", ""),
        architecture=next((it for it in architectures if it in {"x86_64", "arm64"}), ""),
        max_enis=item.get("NetworkInfo", {}).get("MaximumNetworkInterfaces"),
        # The catalogue adds the facts about ECS.
        quota_family="",
        registered_mib=None,
        registered_source="assumed",
        ecs_support="unlisted",
    )
