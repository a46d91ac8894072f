"""Problems are found in any answers of the right types."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import resolve
from tests.support.strategies import G4DN_XLARGE
from tests.support.terraform.written_files import ANSWERS
from tests.support.well_typed import well_typed

SIDECAR: dict[str, Value] = {
    "sidecars.images": {"m": "m:1"},
    "sidecars.memory_mib": {"m": "256"},
    "autoscaling.enabled": True,
    "fleet.ami": "bottlerocket",
}


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=8)
@given(st.data())
def test_a_value_of_the_right_type_is_a_problem_or_valid(key: str, data: st.DataObject) -> None:
    value = data.draw(well_typed(key))
    answers = {**ANSWERS, **SIDECAR, key: value}
    for instance_type in (G4DN_XLARGE, None):
        found = problems(answers, resolve(answers, instance_type))
        if KEYS[key].problem(value):
            assert [it.message for it in found if it.key == key] == [KEYS[key].problem(value)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("container.ulimits", {"memlock": it}) for it in ("unlimited", "-1", "1:2:3", "")),
        *(("sidecars.memory_mib", {"m": it}) for it in ("256 MiB", "", "²", "9" * 5000)),
        ("sidecars.cpu_units", {"m": "lots"}),
        ("sidecars.ports", {"m": "http"}),
    ],
)
def test_a_malformed_line_is_the_only_problem(key: str, value: Value) -> None:
    answers = {**ANSWERS, **SIDECAR, key: value}
    resolved = resolve(answers, G4DN_XLARGE)
    assert [(it.key, it.message) for it in problems(answers, resolved)] == [
        (key, KEYS[key].problem(value))
    ]
    # Only numbers count as a size.
    if key.startswith("sidecars."):
        left = 15155 if key == "sidecars.memory_mib" else 15155 - 256
        assert resolved.stack.task.container_memory == left
