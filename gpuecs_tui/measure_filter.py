"""Conditions such as ``>=24gb``: typed or given as options, and held against a thing's measures."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

Measures = Mapping[str, Decimal]
"""Unit → number."""

_COMPARISON = re.compile(r"(?P<sign>[<>≤≥]=?)(?P<number>(?:\d+(?:\.\d*)?)?)(?P<unit>[a-z$]*)")
_HOLDS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "≤": operator.le,
    "≤=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "≥": operator.ge,
    "≥=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of one measure. One that isn't known holds nothing."""

    sign: str
    number: Decimal
    unit: str

    def holds(self, measures: Measures) -> bool:
        """Whether it holds of something with ``measures``."""
        value = measures.get(self.unit)
        return value is not None and _HOLDS[self.sign](value, self.number)


def split_filter(words: Iterable[str], units: Collection[str]) -> tuple[list[str], list[Condition]]:
    """Part a filter's words into plain ones and conditions on ``units``.

    A unit alone asks for any of it: ``zones`` is ``>0zones``. A half-typed condition is neither.
    """
    plain, conditions = [], []
    for word in words:
        found = _COMPARISON.fullmatch(word)
        if word in units:
            conditions.append(Condition(">", Decimal(0), word))
        elif found is None or not units:
            plain.append(word)
        elif found["number"] and found["unit"] in units:
            conditions.append(Condition(found["sign"], Decimal(found["number"]), found["unit"]))
    return plain, conditions
