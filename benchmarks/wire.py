"""Bytes on the wire of a form: at rest, for a key, and while a progress line counts seconds."""

from __future__ import annotations

import time

from benchmarks.rows import Row
from benchmarks.terminal import Terminal, python, quiet_environment

IDLE_SECONDS = 10.0
KEYS = b"hello world and more"
SIZES = ((80, 24), (200, 50))


def measure() -> list[Row]:
    """Return the rows for both sizes; typing beside textual's own rendering."""
    return [row for columns, rows in SIZES for row in _measure(columns, rows)]


def _measure(columns: int, rows: int) -> list[Row]:
    at = f"{columns}x{rows}"
    ours, theirs = (_bytes_per_key(kind, columns, rows) for kind in ("wire", "plain"))
    idle = _idle_bytes([], columns, rows)
    counting = _idle_bytes(["progress"], columns, rows)
    return [
        Row(f"{IDLE_SECONDS:g} s at rest, {at}", idle, "bytes", limit=100),
        Row(f"a typed key, {at}", ours, "bytes", limit=60),
        Row(f"a typed key, {at}", ours, "bytes", "textual's own rendering", ours / theirs),
        Row(f"a progress line, {at}", counting / IDLE_SECONDS, "bytes/s", limit=50),
    ]


def _app(kind: str, arguments: list[str], columns: int, rows: int) -> Terminal:
    environ = quiet_environment(TEXTUAL_ANIMATIONS="none")
    command = python("-m", "benchmarks.wire_app", kind, *arguments)
    terminal = Terminal(command, columns=columns, rows=rows, environ=environ)
    terminal.wait_for(b"READY")
    time.sleep(1.5)
    return terminal


def _bytes_per_key(kind: str, columns: int, rows: int) -> float:
    with _app(kind, [], columns, rows) as terminal:
        before = terminal.size
        for key in KEYS:
            terminal.send(bytes([key]))
            time.sleep(0.08)
        time.sleep(0.5)
        return (terminal.size - before) / len(KEYS)


def _idle_bytes(arguments: list[str], columns: int, rows: int) -> float:
    with _app("wire", arguments, columns, rows) as terminal:
        before = terminal.size
        time.sleep(IDLE_SECONDS)
        return terminal.size - before
