from __future__ import annotations

from decimal import Decimal

import pytest

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.facts import CapacityReservation, GpuInstance
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.checks.pricing.offer_words import properties, reserved_words
from gpuecs_tui.checks.sizing.offers import Offer, TypeConditions, offers, ordered, sold_gb
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import Stack
from tests.support.small_account import known, stack

from .priced import priced_account

FOUND = {it.name: it for it in offers(priced_account())}


def the(name: str) -> InstanceType:
    found = catalogue.find(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "gb"), [("g4dn.xlarge", 17), ("g5.xlarge", 24), ("g6.xlarge", 24), ("g6e.xlarge", 48)]
)
def test_memory_as_it_is_sold(name: str, gb: int) -> None:
    assert sold_gb(the(name)) == gb


def test_prices_and_ranges() -> None:
    offer = FOUND["g4dn.xlarge"]
    assert offer.price == Decimal("0.5")
    assert offer.spot_range == (Decimal("0.01"), Decimal("0.9"))
    assert FOUND["g5.xlarge"].spot_range is None and FOUND["g6.xlarge"].price is None


def test_zones_that_are_asked_for() -> None:
    found = {it.name: it for it in offers(priced_account(), ["us-east-1a"])}
    assert found["g4dn.xlarge"].zones == ("us-east-1a",)
    assert found["g4dn.xlarge"].spot_range == (Decimal("0.1"), Decimal("0.2"))
    unknown = offers(priced_account(offerings=Unknown("x", "y", "")), ["us-east-1a"])
    assert {it.zones for it in unknown} == {None}


def test_quota_left() -> None:
    # The On-Demand quota is 64 vCPUs, of which an instance uses 4; the Spot quota is 0.
    assert FOUND["g4dn.xlarge"].quota_left == {"on-demand": 15, "spot": 0}
    full = priced_account(
        gpu_instances=known((GpuInstance("i-1", "g5.48xlarge", "on-demand", 192, ""),))
    )
    assert offers(full)[0].quota_left["on-demand"] == 0
    blind = priced_account(quotas=Unknown("x", "y", ""))
    assert offers(blind)[0].quota_left == {"on-demand": None, "spot": None}


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (TypeConditions(price=Decimal(1)), {"g4dn.xlarge", "g5.xlarge"}),
        (TypeConditions(gpu_memory_gb=24, price=Decimal(2)), {"g5.xlarge"}),
        (TypeConditions(gpu_memory_gb=24, price=Decimal("0.99")), set()),
        (TypeConditions(price=Decimal(9), zones=("us-east-1z",)), set()),
    ],
)
def test_sifting(wanted: TypeConditions, names: set[str]) -> None:
    found = offers(priced_account(), wanted.zones)
    assert {it.name for it in found if wanted.takes(it)} == names


def test_what_is_reserved() -> None:
    these = (
        CapacityReservation("cr-1", "[ml]", "g5.xlarge", "us-east-1a", 2, 1),
        CapacityReservation("cr-2", "", "g6.xlarge", "us-east-1b", 1, 1),
    )
    account = priced_account(reservations=known(these))
    found = {it.name: it for it in offers(account)}
    assert reserved_words(found["g5.xlarge"]) == "2 in us-east-1a, 1 unused ([ml])"
    assert reserved_words(found["g6.xlarge"]) == "1 in us-east-1b, 1 unused"
    assert reserved_words(found["g4dn.xlarge"]) == ""
    here = {it.name: it for it in offers(account, ["us-east-1a"])}
    assert reserved_words(here["g6.xlarge"]) == ""
    refused = Unknown("ec2:DescribeCapacityReservations", "not allowed", "")
    denied = offers(priced_account(reservations=refused))[0]
    assert reserved_words(denied) == "unknown: not allowed"


def test_who_says_that_ecs_runs_it_is_said() -> None:
    words = {name: dict(properties(FOUND[name])) for name in FOUND}
    assert words["g5.xlarge"]["ECS support"].startswith("documented: ")
    assert words["p5e.48xlarge"]["ECS support"].startswith("undocumented: only the EKS AMI")
    assert words["p6-b200.48xlarge"]["ECS support"].startswith("undocumented: ")
    assert words["g5g.xlarge"]["ECS support"].startswith("no: the type is arm64")
    assert words["p3.2xlarge"]["figures"] == "figures not from EC2, unverified"
    assert "figures" not in words["g5.xlarge"]
    assert words["g6.xlarge"]["memory available to ECS"] == "15155 MiB, assumed"


def test_what_is_not_known_comes_last() -> None:
    by_price = [it.name for it in ordered(FOUND.values(), "price")]
    assert by_price[:3] == ["g4dn.xlarge", "g5.xlarge", "g5.12xlarge"]
    assert [it.name for it in ordered(FOUND.values(), "type")] == list(FOUND)
    assert ordered(FOUND.values(), "spot")[0].name == "g4dn.xlarge"


def test_tasks_and_their_price() -> None:
    def on(it: InstanceType) -> Stack:
        return stack(
            fleet__instance_type=it.name,
            service__distinct_instances=False,
            task__memory=16000,
            task__cpu=1024,
        )

    found: dict[str, Offer] = {it.name: it for it in offers(priced_account(), (), on)}
    assert found["g4dn.xlarge"].tasks == 0 and found["g4dn.xlarge"].task_price is None
    assert found["g5.12xlarge"].tasks == 4 and found["g5.12xlarge"].task_price == Decimal("1.5")
    assert found["g5g.xlarge"].tasks is None
