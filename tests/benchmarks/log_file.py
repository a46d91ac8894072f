"""The log panel compared with RichLog, Log and toolong, on the same file, fixed and growing.

toolong indexes a file from its end and shows the end first; the other programs read the whole file.
In their apps a key switches a mark; in toolong, ctrl+f opens its find dialog.
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

from tests.benchmarks.log_lines import BURST, LAST, LINES
from tests.benchmarks.peers import TOOLONG, why_missing
from tests.benchmarks.rows import Row
from tests.benchmarks.terminal import Terminal, python

MILLION = 1_000_000
SMALL = 1_000
"""Initial number of lines of a growing file."""
KEYS = 101
"""Number of timed key presses; the 99th percentile is then the second slowest."""
ORDINARY, FAST = 1_000, 100_000
"""Lines per second by which a file grows; RichLog and Log can't process the second rate."""
TICK = 0.02
LONGEST = 10.0
"""Seconds after which a key press without a reaction counts as processed."""
ESCAPE = b"\x1b"
INTAKE_LIMITS = {"RichLog, by line": -400.0, "Log, in chunks": -20.0}
"""Minimum ratio between the speed of the panel and that of the others."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A program that displays a file."""

    name: str
    command: tuple[str, ...]
    opening: bytes = b"m"
    """The key whose reaction is timed."""
    answers: tuple[bytes, bytes] = (b"BBBB", b"AAAA")
    """The texts that are painted after it, alternately."""
    closing: bytes = b""
    """The key that undoes the reaction, if necessary."""
    settling: float = 0.05
    """Seconds between two key presses; with less than 0.6, toolong loses some."""


def _ours(name: str, kind: str) -> Reader:
    return Reader(name, (*python("-m", "tests.benchmarks.log_file_app", kind),))


PANEL = _ours("panel", "panel")
RICH, LOG = _ours("RichLog, by line", "rich"), _ours("Log, in chunks", "log")
PEER = Reader("toolong", (*TOOLONG.command,), b"\x06", (b"Case",) * 2, ESCAPE, 0.6)


def measure() -> list[Row]:
    """Return the rows: lines per second, the time until the last line is shown, and key times."""
    why = why_missing(TOOLONG)
    peers = [] if why else [PEER]
    rows = [Row("toolong", nan, why)] if why else []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole.log"
        _write(path, BURST)
        rows += _intake(path)
        rows += _shown(path, BURST, [PANEL, RICH, LOG, *peers])
        _write(path, MILLION)
        rows += _shown(path, MILLION, [PANEL, *peers])
        growing = Path(folder) / "growing.log"
        for rate, readers in ((ORDINARY, [PANEL, RICH, LOG, *peers]), (FAST, [PANEL, *peers])):
            for reader in readers:
                times = sorted(_key_times(growing, reader, rate))
                at = f"key while a file grows by {rate:,} lines/s, {reader.name}"
                rows.append(Row(f"{at}, p50", median(times) * 1000, "ms"))
                slow = times[int(len(times) * 0.99) - 1]
                rows.append(Row(f"{at}, p99", slow * 1000, "ms"))
    return rows


def _write(path: Path, lines: int) -> None:
    with path.open("w") as file:
        for start in range(0, lines, len(LINES)):
            file.write("\n".join(LINES[: lines - start]) + "\n")
        file.write(LAST + "\n")


def _intake(path: Path) -> list[Row]:
    """Measure how long the lines of the file take to be handed over; toolong has no such step."""
    seconds = {}
    for reader in (PANEL, RICH, LOG):
        with Terminal([*reader.command, str(path)]) as terminal:
            terminal.wait_for(LAST.encode(), seconds=120)
            terminal.send(b"t")
            terminal.wait_for(b"took ", seconds=120)
            time.sleep(0.1)
            seconds[reader.name] = float(terminal.output.rpartition(b"took ")[2].split()[0])
    words = f"{BURST:,} lines of a file taken in"
    rate = {name: BURST / taken / 1000 for name, taken in seconds.items()}
    rows = [
        Row(f"{words}, {PANEL.name}", rate[PANEL.name], "thousand lines/s", name,
            seconds[name] / seconds[PANEL.name], limit)
        for name, limit in INTAKE_LIMITS.items()
    ]  # fmt: skip
    return rows + [Row(f"{words}, {it}", rate[it], "thousand lines/s") for it in INTAKE_LIMITS]


def _shown(path: Path, lines: int, readers: list[Reader]) -> list[Row]:
    """Measure the time from the program's start until the last line of the file is shown."""
    rates = {}
    for reader in readers:
        with Terminal([*reader.command, str(path)]) as terminal:
            seen = terminal.wait_for(LAST.encode(), seconds=120)
            rates[reader.name] = lines / (seen - terminal.started) / 1000
    words = f"from the start to the last of {lines:,} lines"
    ours = rates[PANEL.name]
    return [
        Row(f"{words}, {name}", rate, "thousand lines/s", PANEL.name, rate / ours)
        for name, rate in rates.items()
    ]


def _key_times(path: Path, reader: Reader, rate: int) -> list[float]:
    path.write_text("\n".join(LINES[:SMALL]) + "\n")
    times = []
    with _growing(path, rate), Terminal([*reader.command, str(path)]) as terminal:
        # These are the last columns: when they are shown, the whole screen is.
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
            # Key presses must not be synchronised with the frames.
            time.sleep(reader.settling + 0.002 * (number % 11))
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
