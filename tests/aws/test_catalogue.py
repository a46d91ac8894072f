from __future__ import annotations

from dataclasses import replace

import pytest

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.stack.instance_type import InstanceType

TYPES = {it.name: it for it in catalogue.load().value}


def test_the_catalogue_is_dated_and_sorted() -> None:
    known = catalogue.load()
    assert known.source == f"catalogue of {known.read_at.date().isoformat()}"
    names = [it.name for it in known.value]
    sizes = ["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "metal"]
    assert [it for it in names if it.startswith("g4dn.")] == [f"g4dn.{size}" for size in sizes]
    assert [it.partition(".")[0] for it in names] == sorted(it.partition(".")[0] for it in names)
    assert len(TYPES) > 75


def test_measured_memory() -> None:
    # The figures of docs/aws.md, "Memory, CPU and placement".
    measured = {
        it.name: it.registered_mib for it in TYPES.values() if it.registered_source == "measured"
    }
    assert measured["g4dn.xlarge"] == 15684
    assert measured["g5.48xlarge"] == 765880
    assert measured["p5.48xlarge"] == 2047960
    assert len(measured) == 16


@pytest.mark.parametrize("it", TYPES.values(), ids=lambda it: it.name)
def test_every_entry_makes_sense(it: InstanceType) -> None:
    assert it.vcpus > 0 and it.memory_mib > 0 and it.gpu_memory_mib > 0
    assert it.architecture in {"x86_64", "arm64"}
    assert it.quota_family in {"G", "P"}
    assert (it.registered_mib is None) == (it.registered_source == "assumed")
    if it.registered_mib is not None:
        assert it.safe_memory_mib < it.registered_mib < it.memory_mib
    assert bool(catalogue.why_not(it)) != it.supported


def test_the_accounts_own_types_win() -> None:
    live = replace(TYPES["g4dn.xlarge"], memory_mib=1)
    known = replace(catalogue.load(), value=(live,), source="ec2:DescribeInstanceTypes")
    account = AccountFacts(region="us-east-1", instance_types=known)
    assert catalogue.instance_types(account) is known
    assert catalogue.find("g4dn.xlarge", account) is live
    assert catalogue.find("g5.xlarge", account) == TYPES["g5.xlarge"]
    assert catalogue.instance_types(AccountFacts(region="x")) == catalogue.load()
    assert catalogue.find("m5.large") is None


@pytest.mark.parametrize(
    ("name", "changes", "support"),
    [
        ("g6.96xlarge", {}, "documented"),  # a new size of a known family
        ("g8.xlarge", {}, "unlisted"),
        ("g9.xlarge", {"architecture": "arm64"}, "no-arm64-ecs-gpu-ami"),
        ("g9ad.xlarge", {"gpu_manufacturer": "AMD"}, "unsupported-amd"),
        ("g9f.large", {"gpus": 0}, "ami-code-fractional"),
    ],
)
def test_types_that_the_catalogue_does_not_have(
    name: str, changes: dict[str, str | int], support: str
) -> None:
    values = {"name": name, "registered_mib": 1, "quota_family": "", **changes}
    merged = catalogue.merge(replace(TYPES["g6.xlarge"], **values))  # type: ignore[arg-type]  # by key
    assert merged.ecs_support == support
    assert merged.registered_mib is None
    assert merged.quota_family == "G"
    assert bool(catalogue.why_not(merged)) == (support != "documented")
