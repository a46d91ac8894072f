"""A line of a run's log, with what its event says of it beside the words."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Level(IntEnum):
    """How grave a line is, in ascending order."""

    INFO = 0
    WARNING = 1
    ERROR = 2


class LogLine(NamedTuple):
    """One line of a log. A record is such a line with those after it that continue it."""

    text: str
    """The line without its newline; only colours in it act on a terminal."""
    level: Level | None
    """The level of the event; None for plain text, where only the words can say it."""
    address: str = ""
    """Full address of the resource that the event is about; empty where it is about none."""
    continues: bool = False
    """The line belongs to the record of the line before it."""
