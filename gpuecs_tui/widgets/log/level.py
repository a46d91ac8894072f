"""The level of a log line: from its event, and for plain text from its words.

In plain text, diagnostics of Terraform and OpenTofu are boxes of several lines (``╷ │ ╵``). A box
is one record and has the level of its heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import repeat

from gpuecs_tui.terraform.engine.log_line import Level
from gpuecs_tui.widgets.log.facts import PLAIN
from gpuecs_tui.widgets.log.store import LogStore
from gpuecs_tui.widgets.log.text import plain_text

_ERROR = re.compile(
    r"^[\s│|╷]*(?:Error|ERROR|error|FATAL|fatal|panic)\b\s*[:\]]"
    r"|\[(?:ERROR|FATAL)\]|\"@?level\":\s*\"error\"|: \w+ errored after "
)
_WARNING = re.compile(
    r"^[\s│|╷]*(?:Warning|WARNING|warning|WARN)\b\s*[:\]]|\[WARN(?:ING)?\]|\"@?level\":\s*\"warn"
)
# A block without these bytes has no such line, so one test replaces a test of each line.
_ERROR_HINTS = (b"rror", b"ERROR", b"fatal", b"FATAL", b"panic")
_WARNING_HINTS = (b"Warn", b"WARN", b"warn")
BOX_START, BOX_END = "╷", "╵"


def level_of(plain: str) -> Level:
    """Return the level of a line of plain text (or of a box's heading), without SGR."""
    if _ERROR.search(plain):
        return Level.ERROR
    return Level.WARNING if _WARNING.search(plain) else Level.INFO


def may_hold(block: bytes, level: Level) -> bool:
    """Tell whether plain text in ``block`` may contain a line of ``level`` or above."""
    hints = _ERROR_HINTS if level == Level.ERROR else _ERROR_HINTS + _WARNING_HINTS
    return any(hint in block for hint in hints)


class AtLeast:
    """Finds the records with at least ``level`` and returns one line for each.

    That line is the first one of the record; for a box, its heading.
    """

    def __init__(self, level: Level, store: LogStore) -> None:
        self.level = level
        self._store = store

    def lines(self, start: int, block: bytes) -> Iterator[int]:
        """Yield the numbers of the lines found; ``start`` is the first of ``block``."""
        facts = self._store.facts(start)
        by_words = (facts is None or facts.has_plain) and may_hold(block, self.level)
        if not by_words and not (facts is not None and facts.holds(self.level)):
            return
        known = repeat(PLAIN) if facts is None else facts
        lines = plain_text(block).split("\n")[:-1]
        for number, (plain, fact) in enumerate(zip(lines, known, strict=False), start):
            if fact.level is None:
                if level_of(plain) >= self.level:
                    yield number
            elif fact.begins and fact.level >= self.level:
                yield number if fact.ends or plain.strip() != BOX_START else number + 1
