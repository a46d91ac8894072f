"""A line of a run's log, with the level and address of its event."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Level(IntEnum):
    """The severity of a line, in ascending order."""

    INFO = 0
    WARNING = 1
    ERROR = 2


class LogLine(NamedTuple):
    """One line of a log. A record is a line with the lines that continue it."""

    text: str
    """The line without its newline; it has no terminal control sequences except colours."""
    level: Level | None
    """The level of the event; None for plain text."""
    address: str = ""
    """Full address of the resource that the event is about; empty if it is about none."""
    continues: bool = False
    """The line belongs to the record of the line before it."""
