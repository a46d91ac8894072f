"""Facts about the lines of a log: the level, the resource, and the record of a line.

One byte per line holds its level and whether it begins or ends a record. One number per line refers
to the address of its resource, which a block of lines stores once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from operator import not_
from typing import NamedTuple

from gpuecs_tui.terraform.engine.log_line import Level

_UNKNOWN = len(Level)
_LEVEL, _BEGINS, _ENDS = 0b0011, 0b0100, 0b1000
_PLAIN = _UNKNOWN | _BEGINS | _ENDS


class Fact(NamedTuple):
    """The facts about one line."""

    level: Level | None
    """None: plain text."""
    begins: bool
    """It is the first line of its record."""
    ends: bool
    """It is the last line of its record."""


_FACTS = [
    Fact(
        None if code & _LEVEL == _UNKNOWN else Level(code & _LEVEL),
        bool(code & _BEGINS),
        bool(code & _ENDS),
    )
    for code in range(_PLAIN + 1)
]
"""The facts by the byte that represents them."""
PLAIN = _FACTS[_PLAIN]
"""The facts of a line of plain text, which is a record of one line."""


def codes_of(levels: Sequence[Level | None], continues: Sequence[bool]) -> bytes:
    """Return one byte per line with its facts; the lines are whole records."""
    if not levels:
        return b""
    begins = bytes(map(not_, continues))
    ends = begins[1:] + b"\x01"
    # All lines are computed at once, as numbers with one byte per line: much faster than a loop.
    known = bytes([_PLAIN if level is None else level for level in levels])
    codes = int.from_bytes(known, "big")
    codes |= int.from_bytes(begins, "big") * _BEGINS | int.from_bytes(ends, "big") * _ENDS
    return codes.to_bytes(len(levels), "big")


class Facts:
    """The facts of the lines of one block, in their order."""

    def __init__(self) -> None:
        self._codes = b""
        self._numbers = array("I")
        self._addresses = {"": 0}

    def __iter__(self) -> Iterator[Fact]:
        return map(_FACTS.__getitem__, self._codes)

    def add(self, codes: bytes, addresses: Sequence[str]) -> None:
        """Add lines with their bytes from ``codes_of`` and the addresses of their resources."""
        table = self._addresses
        for address in set(addresses):
            table.setdefault(address, len(table))
        self._codes += codes
        self._numbers.extend(map(table.__getitem__, addresses))

    def add_plain(self, count: int) -> None:
        """Add ``count`` lines of plain text."""
        self.add(bytes([_PLAIN]) * count, [""] * count)

    def without_first(self, count: int) -> Facts:
        """Return the facts without the first ``count`` lines."""
        rest = Facts()
        rest._codes, rest._numbers = self._codes[count:], self._numbers[count:]
        rest._addresses = self._addresses
        return rest

    @property
    def has_plain(self) -> bool:
        """Whether any line is plain text."""
        return _PLAIN in self._codes

    @property
    def is_cut(self) -> bool:
        """Whether the record of the last line continues in the next block."""
        return not self._codes[-1] & _ENDS

    def holds(self, level: Level) -> bool:
        """Tell whether a record is known to have at least ``level``."""
        return any(
            grave | flags in self._codes
            for grave in range(level, _UNKNOWN)
            for flags in (0, _BEGINS, _ENDS, _BEGINS | _ENDS)
        )

    def addressed(self, part: str) -> list[bool]:
        """Return for each line whether the address of its resource contains ``part``, in any letter
        case."""
        part = part.lower()
        wanted = {number for it, number in self._addresses.items() if part in it.lower()}
        return [number in wanted for number in self._numbers]
