"""The terminal is closed: the app exits within two seconds and uses no processor time."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gpuecs_tui.widgets.terminal.hangup import EXIT_CODE
from tests.support.pty_program import PtyProgram

LEFT_WITHIN = 2.0
APP = """
import signal, sys, time
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
from pathlib import Path
from textual.app import App
from textual.widgets import Label
from gpuecs_tui.widgets.terminal import hangup

class Subject(App[None]):
    def compose(self):
        yield Label("READY")

    def on_mount(self):
        hangup.install_hangup_exit(self, lambda: Path(sys.argv[1]).write_text("last words"))
        if sys.argv[2] == "deaf":
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.set_interval(0.05, self.paint)

    def paint(self):
        self.query_one(Label).update(f"READY {time.monotonic()}")

app = Subject()
app.run()
sys.exit(app.return_code)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], PtyProgram]]:
    started: list[PtyProgram] = []

    def starter(mode: str) -> PtyProgram:
        program = PtyProgram(APP, str(tmp_path / "words"), mode)
        started.append(program)
        program.wait_for("READY")
        return program

    yield starter
    for program in started:
        program.clean_up()


@pytest.mark.parametrize("mode", ["ordinary", "deaf"])
def test_a_closed_terminal_ends_the_app(
    mode: str, start: Callable[[str], PtyProgram], tmp_path: Path
) -> None:
    # "deaf" ignores SIGHUP, as after nohup: then the end of stdin must suffice.
    program = start(mode)
    program.read(0.3)
    program.close_terminal()
    code, took, processor = program.end(10)
    assert code == EXIT_CODE
    assert took <= LEFT_WITHIN
    assert processor < 2.0
    assert (tmp_path / "words").read_text() == "last words"


def test_sighup_ends_the_app_and_gives_the_terminal_back(
    start: Callable[[str], PtyProgram], tmp_path: Path
) -> None:
    program = start("ordinary")
    program.read(0.3)
    os.kill(program.pid, signal.SIGHUP)
    while program.read(1.0):
        pass
    code, took, _processor = program.end(10)
    assert code == EXIT_CODE
    assert took <= LEFT_WITHIN
    assert "\x1b[?1049l" in program.output
    assert (tmp_path / "words").exists()
