"""The log panel beside textual's own logs, and what it sends beside ``cat`` of the same text.

Each app runs in a pty of 80 × 24 whose other end takes everything at once. The machine's other
work disturbs the tails of the key times: run it on a quiet one.
"""

from __future__ import annotations

import time
import tracemalloc
from statistics import median

from benchmarks.log_app import BURST, LINES
from benchmarks.rows import Row
from benchmarks.terminal import Terminal, python, quiet_environment
from gpuecs_tui.widgets.log_store import LogStore

KEYS = 150
"""Key presses timed; the 99th percentile is then the second slowest."""
FAST = 100_000
"""Lines a second that the panel takes."""
ORDINARY = 1_000
"""Lines a second for the wire, and for the peers that can't take more."""
STREAM_SECONDS = 4.0
BYTES_PER_LINE = sum(map(len, LINES)) / len(LINES) + 1


def measure() -> list[Row]:
    """Return the rows: intake, key times, bytes on the wire, processor share and memory."""
    return [*_intake(), *_key_times(), *_wire(), *_memory()]


def _app(kind: str, rate: int) -> Terminal:
    # A frame rate that isn't the limit: what is measured is the widget.
    environ = quiet_environment(TEXTUAL_FPS="120", TEXTUAL_ANIMATIONS="none")
    terminal = Terminal(python("-m", "benchmarks.log_app", kind, str(rate)), environ=environ)
    terminal.wait_for(b"AAAA")
    return terminal


def _intake() -> list[Row]:
    seconds = {kind: _burst_seconds(kind) for kind in ("panel", "log", "rich")}
    return [
        Row(
            f"{BURST:,} lines taken in",
            BURST / seconds["panel"] / 1000,
            "thousand lines/s",
            peer,
            seconds[kind] / seconds["panel"],
            limit,
        )
        for kind, peer, limit in (
            ("rich", "RichLog, by line", -400),
            ("log", "Log, in chunks", -20),
        )
    ]


def _burst_seconds(kind: str) -> float:
    with _app(kind, 0) as terminal:
        terminal.wait_for(b"took ", seconds=120)
        time.sleep(0.1)
        return float(terminal.output.rpartition(b"took ")[2].split()[0])


def _key_times() -> list[Row]:
    rows = []
    for name, kind, rate, limit in (
        ("panel", "panel", FAST, 50),
        ("panel", "panel", ORDINARY, None),
        ("RichLog", "rich", ORDINARY, None),
        ("Log, in chunks", "log", ORDINARY, None),
    ):
        times = sorted(_times_of_keys(kind, rate))
        at = f"key at {rate:,} lines/s, {name}"
        rows.append(Row(f"{at}, p50", median(times) * 1000, "ms"))
        rows.append(Row(f"{at}, p99", times[int(len(times) * 0.99) - 1] * 1000, "ms", limit=limit))
    return rows


def _times_of_keys(kind: str, rate: int) -> list[float]:
    times = []
    with _app(kind, rate) as terminal:
        time.sleep(1)
        for number in range(KEYS):
            seen = terminal.size
            sent = terminal.send(b"m")
            times.append(terminal.wait_for(b"AAAA" if number % 2 else b"BBBB", seen) - sent)
            # Not in step with the frames.
            time.sleep(0.03 + 0.002 * (number % 11))
    return times


def _wire() -> list[Row]:
    rows = []
    for name, kind, limit in (("panel", "panel", 0.2), ("RichLog", "rich", None)):
        sent, share = _stream(kind, ORDINARY)
        cat = ORDINARY * BYTES_PER_LINE
        at = f"{ORDINARY:,} lines/s, {name}"
        rows.append(Row(f"{at}, sent", sent / 1000, "kB/s", "cat", sent / cat, limit))
        rows.append(Row(f"{at}, processor", share, "cores", limit=0.15 if limit else None))
    sent, _share = _stream("panel", 5)
    rows.append(Row("5 lines/s, panel, sent", sent / 1000, "kB/s"))
    return rows


def _stream(kind: str, rate: int) -> tuple[float, float]:
    with _app(kind, rate) as terminal:
        time.sleep(2)
        size, processor, begin = terminal.size, terminal.cpu_seconds(), time.perf_counter()
        time.sleep(STREAM_SECONDS)
        took = time.perf_counter() - begin
        return (terminal.size - size) / took, (terminal.cpu_seconds() - processor) / took


def _memory() -> list[Row]:
    tracemalloc.start()
    store, count = LogStore(), 0
    while count < 1_000_000:
        count += store.feed(("\n".join(LINES[:1000]) + "\n").encode())
    used, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    text = sum(len(block) for _start, block in store.blocks())
    over = (used - text) / count
    return [Row("a line's memory over its text, of a million", over, "bytes", limit=150)]
