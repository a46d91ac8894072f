"""The log panel beside toolong, on the same file, as it is and while it grows.

toolong indexes a file from its end and shows that first; the panel takes in all of it. A key of
the panel's app turns a mark, in toolong ctrl+f opens its find dialog.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import nan
from pathlib import Path
from statistics import median

from benchmarks.log_app import LINES
from benchmarks.peers import TOOLONG, why_missing
from benchmarks.rows import Row
from benchmarks.terminal import Terminal, python

MILLION = 1_000_000
LAST = b"the end of it all"
SMALL = 1_000
"""Lines that a file has at first that grows."""
KEYS = 40
RATES = (1_000, 100_000)
"""Lines a second by which a file grows."""
TICK = 0.02
LONGEST = 10.0
"""Seconds after which a key counts as answered, though it wasn't."""
ESCAPE = b"\x1b"


@dataclass(frozen=True, slots=True)
class Reader:
    """A program that shows a file."""

    name: str
    command: tuple[str, ...]
    opening: bytes
    """The key whose answer is timed."""
    answers: tuple[bytes, bytes]
    """What is painted after it, in turns."""
    closing: bytes = b""
    """The key that undoes it, if one is needed."""
    settling: float = 0.15
    """Seconds between two keys: with less, toolong loses some."""


PANEL = Reader("panel", (*python("-m", "benchmarks.log_file_app"),), b"m", (b"BBBB", b"AAAA"))
PEER = Reader("toolong", (*TOOLONG.command,), b"\x06", (b"Case",) * 2, ESCAPE, 0.6)


def measure() -> list[Row]:
    """Return the rows: a million lines until the last is shown, and key times while it grows."""
    why = why_missing(TOOLONG)
    readers = [PANEL] if why else [PANEL, PEER]
    rows = [Row("toolong", nan, why)] if why else []
    with tempfile.TemporaryDirectory() as folder:
        rows += _whole(Path(folder) / "whole.log", readers)
        for rate in RATES:
            for reader in readers:
                times = sorted(_key_times(Path(folder) / "growing.log", reader, rate))
                at = f"key while a file grows by {rate:,} lines/s, {reader.name}"
                rows.append(Row(f"{at}, p50", median(times) * 1000, "ms"))
                slow = times[int(len(times) * 0.95) - 1]
                rows.append(Row(f"{at}, p95", slow * 1000, "ms"))
    return rows


def _whole(path: Path, readers: list[Reader]) -> list[Row]:
    with path.open("w") as file:
        for _part in range(MILLION // len(LINES)):
            file.write("\n".join(LINES) + "\n")
        file.write(LAST.decode() + "\n")
    seconds = {}
    for reader in readers:
        with Terminal([*reader.command, str(path)]) as terminal:
            seconds[reader.name] = terminal.wait_for(LAST, seconds=60) - terminal.started
    words = "from the start to the last of a million lines"
    rows = [Row(f"{words}, {name}", taken, "s") for name, taken in seconds.items()]
    if PEER.name in seconds:
        ratio = seconds[PANEL.name] / seconds[PEER.name]
        rows[0] = Row(rows[0].name, rows[0].value, "s", PEER.name, ratio)
    return rows


def _key_times(path: Path, reader: Reader, rate: int) -> list[float]:
    path.write_text("\n".join(LINES[:SMALL]) + "\n")
    times = []
    with _growing(path, rate), Terminal([*reader.command, str(path)]) as terminal:
        # Its last columns: by then the whole screen stands.
        terminal.wait_for(b"aws_")
        time.sleep(2)
        for number in range(KEYS):
            seen = terminal.size
            sent = terminal.send(reader.opening)
            try:
                answered = terminal.wait_for(reader.answers[number % 2], seen, LONGEST)
            except TimeoutError:
                answered = sent + LONGEST
            times.append(answered - sent)
            time.sleep(reader.settling)
            if reader.closing:
                terminal.send(reader.closing)
                time.sleep(reader.settling)
    return times


@contextmanager
def _growing(path: Path, rate: int) -> Iterator[None]:
    over = threading.Event()

    def grow() -> None:
        begin, written = time.perf_counter(), 0
        with path.open("a") as file:
            while not over.wait(TICK):
                due = int((time.perf_counter() - begin) * rate) - written
                start = written % len(LINES)
                file.write("\n".join((LINES[start:] + LINES)[:due]) + "\n")
                file.flush()
                written += due

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
