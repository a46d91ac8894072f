"""Limits for reading Terraform: a file of a few bytes must not cost minutes or gigabytes.

Every limit is a count (tokens, nesting, steps, characters), not a time, so the same files are read
or refused in the same way on every machine. A text beyond its limit is refused with an error. A
value beyond its limit is unknown, as is every value that only Terraform can evaluate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal

TOKENS_MAX = 200_000
"""Words, strings and signs in one directory's Terraform. Parsing takes a second for 150,000
(measured on 2 shared cores); 10,000 lines have about 60,000."""
NESTING_MAX = 100
"""Levels of brackets and blocks. Terraform that people write has at most 10 levels; each level uses
up to seven of Python's 1,000 stack frames."""
EVALUATION_DEPTH_MAX = 100
"""Levels of names that refer to other names, and of nested expressions."""
STEPS_MAX = 20_000
"""Expressions that may be evaluated for one value: 20 ms."""
STEPS_IN_ALL_MAX = 400_000
"""Expressions that may be evaluated for all values of a directory: 0.4 s."""
CHARACTERS_MAX = 1_000_000
"""Characters and items that functions and templates may produce for one value."""
DIGITS_MAX = 100
"""Digits of a number. Terraform computes with 512 bits, which are 154 digits."""
_EXACTLY = Context(prec=2 * DIGITS_MAX)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\w+|[^\s\w]')


def count_tokens(text: str) -> int:
    """Return the approximate number of HCL tokens (words, strings, signs) in a text."""
    return sum(1 for _match in _TOKEN.finditer(text))


def first_beyond(texts: Mapping[str, str], parsed: Iterable[str]) -> str:
    """Return the largest of the files ``parsed`` if together they exceed TOKENS_MAX, else "".

    Without the largest one, the others can usually be read.
    """
    # A text has at most as many tokens as characters.
    names = list(parsed)
    if sum(len(texts[name]) for name in names) <= TOKENS_MAX:
        return ""
    counts = {name: count_tokens(texts[name]) for name in names}
    return "" if sum(counts.values()) <= TOKENS_MAX else max(names, key=counts.__getitem__)


def number(digits: str) -> int | float | None:
    """Return the exact value of a number as written; 1e3 and 2.0 are integers in Terraform.

    None if the text is not a number, is too long or too large, or if a float can't represent it
    exactly.
    """
    if len(digits) > DIGITS_MAX or not _NUMBER.fullmatch(digits):
        return None
    exact = Decimal(digits)
    if exact.adjusted() > DIGITS_MAX:
        return None
    if exact == exact.to_integral_value(context=_EXACTLY):
        return int(exact)
    value = float(digits)
    return value if Decimal(repr(value)) == exact else None


class TooDeep(Exception):
    """Brackets or blocks are nested deeper than NESTING_MAX, on ``line`` counted from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class Exhausted(Exception):
    """A value exceeds its limit of steps or characters."""


class Budget:
    """The limits for the values of one directory. Not thread-safe: two threads share one count,
    which does no harm."""

    def __init__(self) -> None:
        self._in_all = 0
        self._steps = 0
        self._characters = 0

    def begin(self) -> None:
        """Start the next value. Raises Exhausted if all values together exceed their limit."""
        self._steps = self._characters = 0
        if self._in_all >= STEPS_IN_ALL_MAX:
            raise Exhausted

    def step(self, depth: int) -> None:
        """Count one expression, ``depth`` levels deep. Raises Exhausted."""
        self._steps += 1
        self._in_all += 1
        if self._steps > STEPS_MAX or depth > EVALUATION_DEPTH_MAX:
            raise Exhausted

    def made(self, size: int) -> None:
        """Count characters or items that were produced. Raises Exhausted."""
        self._characters += size
        if self._characters > CHARACTERS_MAX:
            raise Exhausted
