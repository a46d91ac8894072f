"""A fault that the demo account can simulate. Imports no moto."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*]+")
"""A call as IAM names it; ``*`` stands for any letters."""
NUMBER: Final = re.compile(r"[1-9][0-9]{0,4}")
WORD: Final = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the account."""

    name: str
    sentence: str
    """What the fault is, untranslated."""
    rule: str = ""
    """The rule of docs/failure-modes.md that finds it in a stack that depends on it; empty if
    rules then report ``unknown``, or if it shows only in a running service."""
    operand: str = ""
    """Placeholder of the operand, which follows the name and a colon; empty: no operand."""
    default: str = ""
    """The default operand; empty: an operand is required."""
    pattern: re.Pattern[str] = WORD
