"""The output of a waiting command: one rewritten line on a terminal, otherwise a line per
minute."""

from __future__ import annotations

import fcntl
import io
import os
import struct
import termios
import threading

import pytest

from gpuecs_tui.commands import waiting as module
from gpuecs_tui.commands.waiting import WaitLine, waiting


class Terminal(io.StringIO):
    """Records when something is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        number = super().write(text)
        self.written.set()
        return number


@pytest.fixture(autouse=True)
def terminal_of_40_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")


def test_a_terminal_shows_each_second_once_and_is_left_empty() -> None:
    stream = Terminal()
    line = WaitLine(stream)
    for seconds in (0.2, 0.9, 1.1, 1.4, 2.0, 61.0):
        line.show("Moving \x1b[2J …", seconds)
    shown = stream.getvalue().split("\r\x1b[K")
    assert shown == ["", *(f"Moving \\x1b[2J … {time}" for time in ("1 s", "2 s", "1 min"))]
    line.clear()
    line.clear()
    assert stream.getvalue().endswith("1 min\r\x1b[K")
    line.show("x" * 90, 1.0)
    assert stream.getvalue().endswith("\x1b[K" + "x" * 39), "a broken line can't be emptied"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("計画を作成しています " * 3, "計画を作成しています 計画を作成していま"),
        # The last of 39 cells stays empty, because the next character needs two.
        ("x" + "状" * 30, "x" + "状" * 19),
        ("x" * 38 + "🚀🚀", "x" * 38),
        ("e\u0301" * 60, "e\u0301" * 39),
        ("x" * 38 + "❤\ufe0f…", "x" * 38 + "❤"),
    ],
)
def test_a_line_ends_within_the_terminal_s_cells(words: str, shown: str) -> None:
    stream = Terminal()
    WaitLine(stream).show(words, 1.0)
    assert stream.getvalue() == f"\r\x1b[K{shown}"


def test_the_width_is_that_of_the_terminal_behind_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 30, 0, 0))
    with os.fdopen(theirs, "w") as stream, os.fdopen(ours, "rb", buffering=0) as reader:
        WaitLine(stream).show("y" * 90, 1.0)
        assert reader.read(1000).endswith(b"\x1b[K" + b"y" * 29)


def test_how_long_it_took_the_last_time() -> None:
    stream = Terminal()
    line = WaitLine(stream)
    line.show("Moving …", 3.0, 42.9)
    assert stream.getvalue().endswith("Moving … 3 s (last time 42 s)")


@pytest.mark.parametrize("dumb", [False, True])
def test_elsewhere_there_is_a_line_a_minute(monkeypatch: pytest.MonkeyPatch, dumb: bool) -> None:
    if dumb:
        monkeypatch.setenv("TERM", "dumb")
    stream = Terminal() if dumb else io.StringIO()
    line = WaitLine(stream)
    for seconds in range(0, 200, 5):
        line.show("Still planning; no new output for", float(seconds))
    line.clear()
    line.show("Still applying; no new output for", 59.0)
    said = [f"Still planning; no new output for {n} min" for n in (1, 2, 3)]
    assert stream.getvalue().splitlines() == said


def test_the_line_is_there_while_the_block_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECOND", 0.01)
    ticks = iter(range(1000))
    monkeypatch.setattr(module, "monotonic", lambda: float(next(ticks)))
    stream = Terminal()
    with pytest.raises(KeyError), waiting("Reading the state …", stream):
        assert stream.written.wait(20)
        raise KeyError
    assert stream.getvalue().startswith("\r\x1b[KReading the state … 1 s")
    assert stream.getvalue().endswith("\r\x1b[K"), "also where the block fails"
