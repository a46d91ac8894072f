"""Rules about several instance types, at their boundaries."""

from __future__ import annotations

import pytest

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.facts import Offering, Quota
from gpuecs_tui.checks import check
from gpuecs_tui.checks.context import context_of
from gpuecs_tui.checks.finding import Finding
from gpuecs_tui.checks.sizing.alike import alike
from gpuecs_tui.stack.fields import Value
from tests.checks.priced import price, priced_account, prices, spot
from tests.support.small_account import NOW, account, known, of_rule, stack

ALIKE = ("g4dn.xlarge", "g5.xlarge", "g6.xlarge")


@pytest.mark.parametrize(
    ("types", "unlike"),
    [
        (ALIKE, []),
        (("g4dn.xlarge",), []),
        (("g5.xlarge", "g5.2xlarge"), ["vCPUs", "MiB of memory"]),
        (("g5.8xlarge", "g6.12xlarge"), ["vCPUs", "MiB of memory", "GPUs"]),
        (("g5.4xlarge", "gr6.4xlarge"), ["MiB of memory"]),
    ],
)
def test_type_mix(types: tuple[str, ...], unlike: list[str]) -> None:
    found = check(stack(fleet__instance_types=types), account(), now=NOW)
    told = [it for it in found if it.rule == "type-mix"]
    assert [it.field for it in told] == ["fleet.instance_types"] * bool(unlike)
    words = [it for it in ("vCPUs", "MiB of memory", "GPUs") if told and it in told[0].message]
    assert words == unlike


def test_types_of_two_architectures_share_no_ami() -> None:
    found = of_rule("type-mix", fleet__instance_types=("g5.xlarge", "g5g.xlarge"))
    assert ("error", "fleet.instance_types") in found


@pytest.mark.parametrize(
    ("changes", "bad"),
    [
        ({"fleet__on_demand_base": 1}, False),
        ({"fleet__on_demand_base": 2}, True),
        ({"fleet__spot_percent": 50}, False),
        ({"fleet__spot_percent": 49}, True),
        ({"fleet__market": "on-demand"}, False),
    ],
)
def test_spot_share(changes: dict[str, Value], bad: bool) -> None:
    given: dict[str, Value] = {"fleet__max_size": 2, "fleet__market": "spot", **changes}
    assert of_rule("spot-share", **given) == ([("warning", "fleet.on_demand_base")] if bad else [])


def test_each_type_is_checked() -> None:
    found = of_rule("gpu-type", fleet__instance_types=("g5.xlarge", "g4ad.xlarge", "m5.large"))
    assert found == [("error", "fleet.instance_types")] * 2


def test_zones_by_type() -> None:
    def zones(**offered: tuple[str, ...]) -> list[str]:
        offerings = tuple(
            Offering(name.replace("_", "."), tuple(f"us-east-1{it}" for it in its))
            for name, its in offered.items()
        )
        facts = account(offerings=known(offerings))
        found = check(stack(fleet__instance_types=ALIKE[:2]), facts, now=NOW)
        return [it.message for it in found if it.rule == "zone-offering"]

    whole = ("a", "b", "c")
    assert zones(g4dn_xlarge=whole, g5_xlarge=whole) == []
    (told,) = zones(g4dn_xlarge=whole, g5_xlarge=("a", "b"))
    assert "g5.xlarge in us-east-1a, us-east-1b." in told and "g4dn" not in told
    both = zones(g4dn_xlarge=("a",), g5_xlarge=("b",))
    assert len(both) == 2 and "are not offered in us-east-1c" in both[0]
    (none,) = zones(g6_xlarge=whole)
    assert none.startswith("g4dn.xlarge, g5.xlarge are not offered in any")


OD, SPOT, P = "L-DB2E81BA", "L-3819A6DF", "L-417A185B"
"""Codes of the quotas: G On-Demand, G Spot, P On-Demand."""
BASE: dict[str, Value] = {"fleet__on_demand_base": 1, "fleet__market": "spot"}
G_AND_P: dict[str, Value] = {"fleet__instance_types": ("g5.xlarge", "p3.2xlarge")}
SMALL_AND_LARGE: dict[str, Value] = {"fleet__instance_types": ("g4dn.xlarge", "g5.48xlarge")}


@pytest.mark.parametrize(
    ("changes", "allowed", "told"),
    [
        ({}, {OD: 16}, []),
        ({}, {OD: 15}, [("warning", OD)]),
        ({}, {OD: 3}, [("error", OD)]),
        # One On-Demand instance and three on Spot.
        (BASE, {OD: 4, SPOT: 12}, []),
        (BASE, {OD: 4, SPOT: 11}, [("warning", SPOT)]),
        (BASE, {OD: 4}, [("warning", SPOT)]),
        # The base is launched first, and the task needs one instance.
        (BASE, {OD: 3, SPOT: 11}, [("error", OD), ("warning", SPOT)]),
        (BASE, {SPOT: 64}, [("error", OD)]),
        (BASE, {}, [("error", OD), ("error", SPOT)]),
        # Without a base, and with half of the instances on Spot, one of them is enough.
        ({**BASE, "fleet__on_demand_base": 0, "fleet__spot_percent": 50}, {SPOT: 64},
         [("warning", OD)]),
        # Spot instances don't replace the third instance of a base of three.
        ({**BASE, "fleet__on_demand_base": 3, "service__desired_count": 3}, {OD: 8, SPOT: 64},
         [("error", OD)]),
        ({**BASE, "fleet__on_demand_base": 3, "service__desired_count": 2}, {OD: 8, SPOT: 64},
         [("warning", OD)]),
        # Of several families, what all of them allow counts.
        (G_AND_P, {OD: 64}, [("warning", P)]),
        (G_AND_P, {}, [("error", OD), ("error", P)]),
        ({**G_AND_P, "service__desired_count": 3}, {OD: 8, P: 8},
         [("warning", OD), ("warning", P)]),
        ({**G_AND_P, "service__desired_count": 3}, {OD: 4, P: 8}, [("error", OD), ("error", P)]),
        # Of a family, a larger type is a warning if the smallest fits.
        ({"fleet__instance_types": ("g4dn.xlarge", "g5.2xlarge")}, {OD: 32}, []),
        ({"fleet__instance_types": ("g4dn.xlarge", "g5.2xlarge")}, {OD: 31}, [("warning", OD)]),
        (SMALL_AND_LARGE, {OD: 16}, [("warning", OD)]),
        (SMALL_AND_LARGE, {OD: 15}, [("warning", OD)]),
        (SMALL_AND_LARGE, {OD: 3}, [("error", OD)]),
    ],
)  # fmt: skip
def test_each_quota_is_checked(
    changes: dict[str, Value], allowed: dict[str, int], told: list[tuple[str, str]]
) -> None:
    given: dict[str, Value] = {"fleet__instance_types": ALIKE, "fleet__max_size": 4, **changes}
    found = quota_findings(allowed, **given)
    codes = [next(code for code in (OD, SPOT, P) if code in it.message) for it in found]
    assert [*zip((it.severity.value for it in found), codes, strict=True)] == told


def quota_findings(allowed: dict[str, int], **given: Value) -> list[Finding]:
    quotas = (
        Quota(OD, "G", "on-demand", allowed.get(OD, 0)),
        Quota(SPOT, "G", "spot", allowed.get(SPOT, 0)),
        Quota(P, "P", "on-demand", allowed.get(P, 0)),
    )
    found = check(stack(**given), account(quotas=known(quotas)), now=NOW)
    return [it for it in found if it.rule == "quota"]


def test_the_type_that_exceeds_the_quota_is_named() -> None:
    types: dict[str, Value] = {**SMALL_AND_LARGE, "fleet__max_size": 4}
    (larger,) = quota_findings({OD: 16}, **types)
    assert (
        "instances of g5.48xlarge may not start: 4 × g5.48xlarge need 768 vCPUs" in larger.message
    )
    assert larger.remedy == f"request an increase of quota {OD} to 768"
    (small,) = quota_findings({OD: 15}, **types)
    assert "4 × g4dn.xlarge need 16 vCPUs" in small.message
    assert small.remedy == f"request an increase of quota {OD} to 16, or set fleet.max_size to 3"


def test_the_task_must_fit_the_smallest_type() -> None:
    types = ("g5.4xlarge", "g4dn.xlarge")
    assert of_rule("cpu-fit", fleet__instance_types=types, task__cpu=4096) == []
    assert of_rule("cpu-fit", fleet__instance_types=types, task__cpu=4097) == [
        ("error", "task.cpu")
    ]
    assert of_rule("memory-fit", fleet__instance_types=types, task__memory=20000) == [
        ("error", "task.memory")
    ]


@pytest.mark.parametrize(
    ("types", "changes", "beginning", "ending"),
    [
        (
            ("g5.4xlarge", "g4dn.xlarge"), {"task__cpu": 8192},
            "Task CPU (8192 CPU units) exceeds g4dn.xlarge (4 vCPUs, 4096 CPU units).",
            "The task is not placed on instances of g4dn.xlarge.",
        ),
        (
            ("g4dn.12xlarge", "g5.16xlarge"), {"task__gpus": 2},
            "The task needs 2 GPUs, but g5.16xlarge has 1.",
            "The task is not placed on instances of g5.16xlarge.",
        ),
        (
            ("g5.2xlarge", "g4dn.xlarge", "g5.xlarge"), {"task__memory": 20000},
            "Task memory (20000 MiB) exceeds what the ECS agent",
            "The task is not placed on instances of g4dn.xlarge, g5.xlarge.",
        ),
        (
            ("g4dn.xlarge", "g5.4xlarge"), {"task__cpu": 16385},
            "Task CPU (16385 CPU units) exceeds g5.4xlarge (16 vCPUs, 16384 CPU units).",
            "The task can never be placed.",
        ),
    ],
)  # fmt: skip
def test_the_type_that_lacks_a_resource_is_named(
    types: tuple[str, ...], changes: dict[str, Value], beginning: str, ending: str
) -> None:
    given: dict[str, Value] = {"fleet__instance_types": types, **changes}
    found = check(stack(**given), account(), now=NOW)
    (told,) = [it.message for it in found if it.rule.endswith("-fit")]
    assert told.startswith(beginning) and told.endswith(ending)


def test_types_alike_by_price() -> None:
    known_prices = {"g4dn.xlarge": price("0.5"), "g5.xlarge": price("1"), "g6.xlarge": price("0.8")}
    facts = priced_account(prices(on_demand=known_prices))
    assert alike(context_of(stack(), facts)) == ("g6.xlarge", "g5.xlarge")
    # A GPU of at least 24 GB.
    of_g5 = context_of(stack(fleet__instance_type="g5.xlarge"), facts)
    assert alike(of_g5) == ("g6.xlarge",)
    # Types that the stack has are not added again, also if they are not offered.
    both = context_of(stack(fleet__instance_types=("g5.xlarge", "g6.xlarge", "g6.2xlarge")), facts)
    assert alike(both) == ()
    # In no zone of the subnets.
    offered = known((Offering("g4dn.xlarge", ("us-east-1a",)), Offering("g5.xlarge", ())))
    assert alike(context_of(stack(), priced_account(offerings=offered))) == ()
    assert alike(context_of(stack(task__memory=20000), facts)) == ()
    assert catalogue.find("g6e.xlarge") is not None
    # On Spot, the types are in the order of the Spot prices.
    cheap = prices(on_demand=known_prices, spot={
        "g5.xlarge": known((spot("0.2", "0.3"),)), "g6.xlarge": known((spot("0.4", "0.5"),)),
    })  # fmt: skip
    on_spot = context_of(stack(fleet__market="spot"), priced_account(cheap))
    assert alike(on_spot) == ("g5.xlarge", "g6.xlarge")
    assert alike(context_of(stack(fleet__instance_type="x.large"), facts)) == ()
