"""A whole app with the output layer shows the same as without it, through keys and resizes."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import pytest

from tests.support.pty_program import PtyProgram
from tests.widgets.terminal.emulated import Emulated, Shown

APP = """
import sys
from textual.app import App
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from gpuecs_tui.widgets.log.panel import LogPanel
from gpuecs_tui.widgets.terminal.diff_output import DiffOutputApp

class Question(ModalScreen[None]):
    DEFAULT_CSS = "Question { align: center middle; } Question Static { border: round red; }"
    def compose(self):
        yield Static("日本語 really?")
    def on_key(self, event):
        self.dismiss()

class Subject(DiffOutputApp if sys.argv[1] == "wire" else App):
    BINDINGS = [("ctrl+d", "ask", "")]
    CSS = "Static { background: $panel; height: auto; }"
    step = 0
    def compose(self):
        typed = Input()
        typed.cursor_blink = False
        yield typed
        yield LogPanel()
        yield Static("STEP0")
    def on_mount(self):
        self.query_one(LogPanel).feed([f"line {n} " + "日本 [x] ─│" * (n % 9) for n in range(90)])
    def on_input_submitted(self):
        self.step += 1
        lines = [f"fed {self.step}" + " word" * (n * 7 % 31) for n in range(self.step * 3)]
        self.query_one(LogPanel).feed(lines)
        self.set_timer(0.3, lambda: self.query_one(Static).update(f"STEP{self.step}"))
    def action_ask(self):
        self.push_screen(Question())

Subject().run(mouse=False)
"""


def final_screen(kind: str) -> tuple[list[list[Shown]], int]:
    """Drive the app through one sequence; return the last screen and the number of sent
    characters."""
    program = PtyProgram(APP, kind, columns=70, rows=20)
    emulated = Emulated(70, 20)
    shown = 0

    def look() -> None:
        nonlocal shown
        program.settle()
        emulated.feed(program.output[shown:])
        shown = len(program.output)

    try:
        program.wait_for("STEP0")
        look()
        for step, keys in enumerate(("hello\r", "日本\r", "\x1b[D\x1b[D\x7f\r", "\x04"), 1):
            program.type(keys)
            if keys.endswith("\r"):
                program.wait_for(f"{step}", shown)
            look()
            if step == 2:
                emulated.screen.resize(24, 90)
                program.resize(90, 24)
                look()
        program.type("x")
        look()
        program.type("\r")
        look()
        return emulated.cells(), len(program.output)
    finally:
        program.clean_up()


def differences(ours: list[list[Shown]], theirs: list[list[Shown]]) -> Sequence[object]:
    """Return the first cells that differ: (row, column, ours, theirs)."""
    return [
        (y, x, ours[y][x], theirs[y][x])
        for y in range(len(ours))
        for x in range(len(ours[y]))
        if ours[y][x] != theirs[y][x]
    ][:5]


@pytest.fixture(autouse=True)
def terminal_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


def test_the_same_screen_for_fewer_bytes() -> None:
    theirs, plain = final_screen("plain")
    ours, sent = final_screen("wire")
    assert not differences(ours, theirs)
    assert sent < plain / 2


def test_a_suspended_app_comes_back_whole() -> None:
    program = PtyProgram(APP, "wire", columns=70, rows=20)
    try:
        program.wait_for("STEP0")
        program.settle()
        before = Emulated(70, 20)
        before.feed(program.output)
        os.kill(program.pid, signal.SIGTSTP)
        program.settle()
        # These cells disappeared with the alternate screen; the shell's own output would be here.
        assert program.output.rstrip().endswith("\x1b[?1004l")
        left = len(program.output)
        os.kill(program.pid, signal.SIGCONT)
        program.wait_for("STEP0", left)
        program.settle()
        after = Emulated(70, 20)
        after.feed(program.output[left:])
        assert not differences(after.cells(), before.cells())
    finally:
        program.clean_up()


def test_the_pen_is_laid_down_at_the_end() -> None:
    program = PtyProgram(APP, "wire", columns=70, rows=20)
    try:
        program.wait_for("STEP0")
        program.settle()
        program.type("\x11")
        while program.read(1.0):
            pass
        assert program.end(5)[0] == 0
        last = program.output[-300:]
        assert last.index("\x1b[m") < last.index("\x1b[?1049l")
        assert "\x1b[38" not in last.partition("\x1b[m")[2]
    finally:
        program.clean_up()
