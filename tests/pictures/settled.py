"""Removes the differences between two runs from a picture: times, ids, zones and orders."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path

_BOTH = r"(?=[0-9a-f-]*[a-f])(?=[0-9a-f-]*[0-9])"
"""A letter and a digit: without both, it is not an id."""
_IDS = re.compile(
    rf"(?<![0-9a-f-]){_BOTH}([0-9a-f]{{8}}-[0-9a-f-]{{3,27}}|[0-9a-f]{{12,40}})(?![0-9a-f-])"
    rf"|(?<=\b[a-z]-){_BOTH}([0-9a-f]{{17}})\b|(?<=\b[a-z]{{3}}-){_BOTH}([0-9a-f]{{17}})\b"
)
"""Ids of instances, VPCs, tasks and container instances, also cut to their first 12 characters."""
_ZONE = re.compile(r"\bus-east-1[a-c]\b")
FIRST_ZONE = "us-east-1a"
PLANNED = "planned_change"
"""Terraform's event of one change of a plan (Machine-Readable UI)."""
_TIME = re.compile(r"\b\d\d:\d\d:\d\d\b")
NOON = "12:00:00"
_UNIQUE = re.compile(r"terminal-\d+")
"""The classes that Rich generates begin with a checksum of the content of the picture."""


_TOOK = re.compile(r"\b\d(?=&#160;s\b)")
"""A duration of less than ten seconds."""


def settled(svg: str) -> str:
    """Return a picture in which every time is noon, every duration of less than ten seconds is
    five, and every id is replaced by one of the same length.

    Ids are counted in the order in which they appear, so that equal ids stay equal.
    """
    known: dict[str, str] = {}

    def same_length(match: re.Match[str]) -> str:
        found = match[0]
        if found not in known:
            known[found] = _made_up(len(known), len(found))
        return known[found]

    text = _TOOK.sub("5", _UNIQUE.sub("terminal", svg))
    text = _TIME.sub(NOON, _IDS.sub(same_length, text))
    return text.replace("terminal", f"terminal-{zlib.adler32(text.encode())}")


def in_one_zone(svg: str) -> str:
    """Return a picture in which every zone is the first: Auto Scaling chooses zones at random."""
    return _ZONE.sub(FIRST_ZONE, svg)


def sort_plan(journal: Path) -> None:
    """Sort the changes of a plan in a run's journal by address.

    Terraform reports them in the order in which it computes them, which differs each time.
    """
    lines = journal.read_text(encoding="utf-8").splitlines()
    events = {
        number: json.loads(line) for number, line in enumerate(lines) if f'"{PLANNED}"' in line
    }
    ordered = sorted(events, key=lambda number: str(events[number]["change"]["resource"]["addr"]))
    moved = {place: lines[number] for place, number in zip(sorted(events), ordered, strict=True)}
    text = "".join(f"{moved.get(number, line)}\n" for number, line in enumerate(lines))
    journal.write_text(text, encoding="utf-8")


def _made_up(number: int, length: int) -> str:
    """Return the replacement for the id with this number."""
    digits = f"{zlib.crc32(str(number).encode()):08x}" * (length // 8 + 1)
    return f"0{digits[: length - 1]}"
