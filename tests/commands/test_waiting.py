"""What a waiting command shows: one rewritten line on a terminal, a line a minute elsewhere."""

from __future__ import annotations

import io
import threading

import pytest

from gpuecs_tui.commands import waiting as module
from gpuecs_tui.commands.waiting import WaitLine, waiting


class Terminal(io.StringIO):
    """Notes when something is written."""

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
