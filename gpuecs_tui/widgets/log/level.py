"""How grave a log line is, told from its text.

Terraform's and OpenTofu's diagnostics are boxes of several lines (``╷ │ ╵``); a box is one record
and has the level of its heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum

from gpuecs_tui.widgets.log.text import plain_text

_ERROR = re.compile(
    r"^[\s│|╷]*(?:Error|ERROR|error|FATAL|fatal|panic)\b\s*[:\]]"
    r"|\[(?:ERROR|FATAL)\]|\"@?level\":\s*\"error\"|: \w+ errored after "
)
_WARNING = re.compile(
    r"^[\s│|╷]*(?:Warning|WARNING|warning|WARN)\b\s*[:\]]|\[WARN(?:ING)?\]|\"@?level\":\s*\"warn"
)
# Blocks with none of these hold no graver line: a test on bytes spares looking at each line.
_ERROR_HINTS = (b"rror", b"ERROR", b"fatal", b"FATAL", b"panic")
_WARNING_HINTS = (b"Warn", b"WARN", b"warn")
BOX_START, BOX_END = "╷", "╵"


class Level(IntEnum):
    """Levels that a filter can ask for, in ascending order."""

    INFO = 0
    WARNING = 1
    ERROR = 2


def level_of(plain: str) -> Level:
    """Return the level that one line (or a box's heading), without SGR, shows by itself."""
    if _ERROR.search(plain):
        return Level.ERROR
    return Level.WARNING if _WARNING.search(plain) else Level.INFO


def may_hold(block: bytes, level: Level) -> bool:
    """Tell whether a look at each line of ``block`` could find one of ``level`` or above."""
    hints = _ERROR_HINTS if level == Level.ERROR else _ERROR_HINTS + _WARNING_HINTS
    return any(hint in block for hint in hints)


class AtLeast:
    """Finds the lines (of a box: its heading) that are at least as grave as ``level``."""

    def __init__(self, level: Level) -> None:
        self.level = level

    def lines(self, start: int, block: bytes) -> Iterator[int]:
        """Yield the numbers of the lines found; ``start`` is the first of ``block``."""
        if not may_hold(block, self.level):
            return
        for offset, plain in enumerate(plain_text(block).split("\n")[:-1]):
            if level_of(plain) >= self.level:
                yield start + offset
