"""Several instance types and purchase options of a fleet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuecs_tui.aws import catalogue
from gpuecs_tui.stack.answers import AnswersError, dump_answers, load_answers
from gpuecs_tui.stack.capacity.fleet_types import (
    is_mixed,
    on_demand_instances,
    sizes_by_market,
    types_of,
)
from gpuecs_tui.stack.capacity.smallest import smallest, smallest_of
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import TYPE, TYPES, explicit, resolve
from tests.support.small_account import ANSWERS
from tests.support.strategies import G4DN_XLARGE

BOTH = ("g4dn.xlarge", "g5.xlarge")
SEVERAL: dict[str, Value] = {key: it for key, it in ANSWERS.items() if key != TYPE} | {TYPES: BOTH}


def the(name: str) -> InstanceType:
    found = catalogue.find(name)
    assert found is not None
    return found


def test_a_list_of_one_is_the_type_alone() -> None:
    one = resolve({**SEVERAL, TYPES: BOTH[:1]}, G4DN_XLARGE)
    assert one == resolve(ANSWERS, G4DN_XLARGE) and not one.missing
    assert explicit(one.stack, G4DN_XLARGE)[TYPE] == BOTH[0]


def test_the_first_type_is_the_preferred_one() -> None:
    found = resolve(SEVERAL, G4DN_XLARGE)
    assert (found.missing, problems(SEVERAL, found)) == ((), ())
    assert (found.stack.fleet.instance_type, types_of(found.stack)) == (BOTH[0], BOTH)
    kept = explicit(found.stack, G4DN_XLARGE)
    assert TYPE not in kept and resolve(kept, G4DN_XLARGE).stack == found.stack
    # All values together are the same stack, and valid.
    whole = found.stack.flat()
    assert problems(whole, resolve(whole, G4DN_XLARGE)) == ()


def test_both_keys_are_an_error() -> None:
    both: dict[str, Value] = {**SEVERAL, TYPE: "g6.xlarge"}
    found = problems(both, resolve(both, G4DN_XLARGE))
    assert [(it.key, it.message) for it in found] == [
        (TYPE, "must not be set together with fleet.instance_types")
    ]
    # In an answers file, also if they agree.
    text = dump_answers({**SEVERAL, TYPE: BOTH[0]})
    with pytest.raises(AnswersError, match="both set: keep one") as caught:
        load_answers(text)
    assert caught.value.line == text.splitlines().index(f'instance_type = "{BOTH[0]}"') + 1
    assert load_answers(dump_answers(SEVERAL)) == SEVERAL


def test_neither_key_is_missing() -> None:
    lacking = {key: it for key, it in SEVERAL.items() if key != TYPES}
    found = resolve(lacking, None)
    assert TYPE in found.missing and types_of(found.stack) == ()


def test_the_smallest_has_the_least_of_each() -> None:
    small, large = the("g4dn.xlarge"), the("g5.12xlarge")
    assert smallest((large, small)).name == small.name
    assert smallest((small,)) == small
    # 16 vCPUs with 128 GiB, and 32 vCPUs with as much.
    assert smallest((the("g5.8xlarge"), the("gr6.4xlarge"))).vcpus == 16
    odd = smallest((the("g4dn.12xlarge"), the("g5.16xlarge")))
    assert (odd.vcpus, odd.gpus, odd.name) == (48, 1, "g4dn.12xlarge or g5.16xlarge")
    assert odd.memory_mib == min(the("g4dn.12xlarge").memory_mib, the("g5.16xlarge").memory_mib)


def test_an_unknown_type_makes_the_smallest_unknown() -> None:
    assert smallest_of(("g4dn.xlarge", "x1.large"), catalogue.find) is None
    assert smallest_of((), catalogue.find) is None


@pytest.mark.parametrize(
    ("changes", "size", "on_demand", "mixed"),
    [
        ({}, 4, 4, False),
        ({TYPES: BOTH}, 4, 4, True),
        ({"fleet.market": "spot"}, 4, 0, False),
        ({"fleet.market": "spot", TYPES: BOTH}, 4, 0, True),
        ({"fleet.market": "spot", "fleet.on_demand_base": 1}, 4, 1, True),
        ({"fleet.market": "spot", "fleet.on_demand_base": 9}, 4, 4, True),
        ({"fleet.market": "spot", "fleet.spot_percent": 50}, 4, 2, True),
        # Less than an instance counts as On-Demand.
        ({"fleet.market": "spot", "fleet.spot_percent": 50}, 1, 1, True),
        ({"fleet.market": "spot", "fleet.spot_percent": 99}, 3, 1, True),
        ({"fleet.market": "spot", "fleet.spot_allocation_strategy": "lowest-price"}, 4, 0, True),
    ],
)
def test_shares(changes: dict[str, Value], size: int, on_demand: int, mixed: bool) -> None:
    stack = resolve({**ANSWERS, "fleet.max_size": size, **changes}, G4DN_XLARGE).stack
    assert (on_demand_instances(stack, size), is_mixed(stack)) == (on_demand, mixed)
    sizes = sizes_by_market(stack)
    assert (sizes.get("on-demand", 0), sum(sizes.values())) == (on_demand, size)


@given(st.integers(0, 50), st.integers(1, 100), st.integers(0, 200))
def test_shares_grow_with_the_fleet(base: int, percent: int, size: int) -> None:
    values: dict[str, Value] = {
        "fleet.market": "spot", "fleet.on_demand_base": base, "fleet.spot_percent": percent,
    }  # fmt: skip
    stack = resolve({**ANSWERS, **values}, G4DN_XLARGE).stack
    found, more = (on_demand_instances(stack, it) for it in (size, size + 1))
    assert min(base, size) <= found <= size and found <= more <= found + 1
