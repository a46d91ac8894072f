"""The log panel while a log streams: key times, bytes on the wire compared with ``cat``, memory.

Each app runs in a pty whose other end takes everything at once, with the frames that the product
has. The machine's other work disturbs the tails of the key times: run it on a quiet one.
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
"""Key presses timed; the 99th percentile is then the second slowest."""
FAST = 100_000
"""Lines a second that the panel takes."""
ORDINARY = 1_000
"""Lines a second for the wire."""
KEY_LIMIT = 40
"""Milliseconds at the 99th percentile."""
WIRE_LIMIT, PROCESSOR_LIMIT = 0.2, 0.15
"""Of what ``cat`` sends, and of a core."""
BEHIND_LIMIT = 0.5
"""Seconds after its last line that a stream may still be shown: else it fell behind."""
MEMORY_LIMIT = 150
"""Bytes of a line beside its text."""
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
            # Not in step with the frames.
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
    """Measure a stream at ``ORDINARY``: bytes, processor, and how late its last line is shown."""
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
    """Measure what tmux itself sends: of the panel, and of the same lines as ``cat`` shows them."""
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
