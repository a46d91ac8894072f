"""The log panel while a log streams: key times, bytes on the wire compared with ``cat``, memory.

Each app runs in a pty whose other end reads everything immediately, with the frame rate of the
product. Other work of the machine affects the slowest key presses, so run it on an idle machine.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Mapping
from math import nan
from statistics import median

from gpuecs_tui.widgets.log.store import LogStore
from tests.benchmarks.log_lines import BYTES_PER_LINE, LAST, LINES, RECORDS
from tests.benchmarks.rows import Row
from tests.benchmarks.terminal import Terminal, in_tmux, python, quiet_environment

KEYS = 150
"""Number of timed key presses; the 99th percentile is then the second slowest."""
FAST = 100_000
"""Lines per second that the panel processes."""
ORDINARY = 1_000
"""Lines per second in the measurement of bytes on the wire."""
KEY_LIMIT = 40
"""Limit in milliseconds at the 99th percentile."""
WIRE_LIMIT, PROCESSOR_LIMIT = 0.2, 0.15
"""Limits, as shares of the bytes that ``cat`` sends, and of a core."""
BEHIND_LIMIT = 0.5
"""Seconds after the last line of a stream within which it must be shown: otherwise the panel fell
behind."""
MEMORY_LIMIT = 150
"""Limit in bytes of memory per line besides its text."""
STREAM_SECONDS = 4.0
SIZES = ((80, 24), (200, 50))
OVER_SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}


def measure() -> list[Row]:
    """Return the rows: key times, bytes on the wire, processor share and memory."""
    return [*_key_times(), *_wire(), *_wire_in_tmux(), *_memory()]


def _app(
    kind: str, rate: int, environ: Mapping[str, str], columns: int = 80, rows: int = 24
) -> Terminal:
    command = python("-m", "tests.benchmarks.log_app", kind, str(rate))
    terminal = Terminal(command, columns=columns, rows=rows, environ=quiet_environment(**environ))
    terminal.wait_for(b"AAAA")
    return terminal


def _key_times() -> list[Row]:
    rows = []
    for name, rate, environ, limit in (
        ("panel", FAST, {}, KEY_LIMIT),
        ("panel over SSH", FAST, OVER_SSH, None),
        ("panel", ORDINARY, {}, None),
    ):
        times = sorted(_times_of_keys(rate, environ))
        at = f"key at {rate:,} lines/s, {name}"
        rows.append(Row(f"{at}, p50", median(times) * 1000, "ms"))
        rows.append(Row(f"{at}, p99", times[int(len(times) * 0.99) - 1] * 1000, "ms", limit=limit))
    return rows


def _times_of_keys(rate: int, environ: dict[str, str]) -> list[float]:
    times = []
    with _app("panel", rate, environ) as terminal:
        time.sleep(1)
        for number in range(KEYS):
            seen = terminal.size
            sent = terminal.send(b"m")
            times.append(terminal.wait_for(b"AAAA" if number % 2 else b"BBBB", seen) - sent)
            # Key presses must not be synchronised with the frames.
            time.sleep(0.03 + 0.002 * (number % 11))
    return times


def _wire() -> list[Row]:
    rows = []
    for columns, height in SIZES:
        for name, kind, environ in (
            ("panel", "panel", {}),
            ("panel over SSH", "panel", OVER_SSH),
            ("RichLog", "rich", {}),
        ):
            with _app(kind, ORDINARY, environ, columns, height) as terminal:
                at = f"{ORDINARY:,} lines/s, {name}, {columns}x{height}"
                rows += _stream(terminal, at, bounded=kind == "panel")
    with _app("panel", 5, {}) as terminal:
        sent, _share = _sent(terminal)
    return [*rows, Row("5 lines/s, panel, sent", sent / 1000, "kB/s")]


def _stream(terminal: Terminal, at: str, *, bounded: bool) -> list[Row]:
    """Measure a stream at ``ORDINARY``: bytes, processor time, and the delay of the last line."""
    sent, share = _sent(terminal)
    seen = terminal.size
    ended = terminal.send(b"z")
    try:
        late = terminal.wait_for(LAST.encode(), seen) - ended
    except TimeoutError:
        late = nan
    cat = ORDINARY * BYTES_PER_LINE
    return [
        Row(f"{at}, sent", sent / 1000, "kB/s", "cat", sent / cat, WIRE_LIMIT if bounded else None),
        Row(f"{at}, processor", share, "cores", limit=PROCESSOR_LIMIT if bounded else None),
        Row(f"{at}, last line shown after", late, "s", limit=BEHIND_LIMIT if bounded else None),
    ]


def _sent(terminal: Terminal) -> tuple[float, float]:
    time.sleep(2)
    size, processor, begin = terminal.size, terminal.cpu_seconds(), time.perf_counter()
    time.sleep(STREAM_SECONDS)
    took = time.perf_counter() - begin
    return (terminal.size - size) / took, (terminal.cpu_seconds() - processor) / took


def _wire_in_tmux() -> list[Row]:
    """Measure the output of tmux itself: for the panel, and for the same lines from ``cat``."""
    rows = []
    for columns, height in SIZES:
        with in_tmux(
            python("-m", "tests.benchmarks.log_app", "panel", str(ORDINARY)), columns, height
        ) as terminal:
            if terminal is None:
                return [Row(f"{ORDINARY:,} lines/s in tmux", nan, "tmux is not installed")]
            terminal.wait_for(b"AAAA")
            at = f"{ORDINARY:,} lines/s, panel in tmux, {columns}x{height}"
            rows += _stream(terminal, at, bounded=True)
        plain = python("-m", "tests.benchmarks.log_lines", str(ORDINARY))
        with in_tmux(plain, columns, height) as terminal:
            assert terminal is not None
            sent, _share = _sent(terminal)
            cat = ORDINARY * BYTES_PER_LINE
            at = f"{ORDINARY:,} lines/s, cat in tmux, {columns}x{height}"
            rows.append(Row(f"{at}, sent", sent / 1000, "kB/s", "cat", sent / cat))
    return rows


def _memory() -> list[Row]:
    rows = []
    for name in ("plain text", "records"):
        tracemalloc.start()
        store, count = LogStore(), 0
        while count < 1_000_000:
            if name == "records":
                count += store.add(RECORDS[:1000])
            else:
                count += store.feed(("\n".join(LINES[:1000]) + "\n").encode())
        used, _peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        text = sum(len(block) for _start, block in store.blocks())
        over = (used - text) / count
        words = f"a line's memory over its text, of a million, {name}"
        rows.append(Row(words, over, "bytes", limit=MEMORY_LIMIT))
    return rows
