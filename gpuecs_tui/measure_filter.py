"""Conditions such as ``>=24gb``, typed or given as options, on the measures of list entries."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

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


class MeasureCondition(NamedTuple):
    """A condition on one measure. An unknown measure never meets it."""

    sign: str
    number: Decimal
    unit: str

    def holds(self, measures: Measures) -> bool:
        """Return whether ``measures`` meet the condition."""
        value = measures.get(self.unit)
        return value is not None and _HOLDS[self.sign](value, self.number)


def split_filter(
    words: Iterable[str], units: Collection[str]
) -> tuple[list[str], list[MeasureCondition]]:
    """Split a filter's words into plain words and conditions on ``units``.

    A unit alone means more than 0: ``zones`` is ``>0zones``. An incomplete condition is ignored.
    """
    plain, conditions = [], []
    for word in words:
        found = _COMPARISON.fullmatch(word)
        if word in units:
            conditions.append(MeasureCondition(">", Decimal(0), word))
        elif found is None or not units:
            plain.append(word)
        elif found["number"] and found["unit"] in units:
            conditions.append(
                MeasureCondition(found["sign"], Decimal(found["number"]), found["unit"])
            )
    return plain, conditions
