from __future__ import annotations

from decimal import Decimal

import pytest

from gpuecs_tui.widgets.picker.rows import Row, list_lines

ROWS = tuple(
    Row(name, (name,), measures=tuple((unit, Decimal(number)) for unit, number in measures.items()))
    for name, measures in {
        "g4dn.xlarge": {"gb": "17", "$": "0.526", "vcpu": "4"},
        "g5.xlarge": {"gb": "24", "$": "1.006", "vcpu": "4"},
        "g6e.48xlarge": {"gb": "48", "$": "30.13", "vcpu": "192"},
        "g7e.2xlarge": {"gb": "103", "vcpu": "8"},
    }.items()
)
ALL = [row.id for row in ROWS]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (">=24gb", ["g5.xlarge", "g6e.48xlarge", "g7e.2xlarge"]),
        (">24gb", ["g6e.48xlarge", "g7e.2xlarge"]),
        ("≥24GB <2$", ["g5.xlarge"]),
        ("<1.006$", ["g4dn.xlarge"]),
        ("<=1.006$", ["g4dn.xlarge", "g5.xlarge"]),
        (">100vcpu g6", ["g6e.48xlarge"]),
        (">", ALL),
        (">=2", ALL),
        (">=24g", ALL),
        ("<$", ALL),
        ("g5", ["g5.xlarge"]),
        ("$", ALL[:3]),  # a unit alone: any amount of it
    ],
)
def test_comparisons_and_words(wanted: str, found: list[str]) -> None:
    assert [line.row.id for line in list_lines(ROWS, wanted) if line.row] == found


def test_lists_without_measures_take_it_as_a_word() -> None:
    rows = (Row("a", ("<5gb",)), Row("b", ("other",)))
    assert [line.row.id for line in list_lines(rows, "<5gb") if line.row] == ["a"]
