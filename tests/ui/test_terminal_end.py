"""The wizard as a process in a terminal of its own: what was typed outlives it."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyte
import pytest

from gpuecs_tui.wizard import drafts

PATIENCE = 60
"""Seconds for anything to appear: a machine under load."""
LEAVE_SECONDS = 2
"""After its terminal has gone (issue 3)."""
PROGRAM = (
    "import sys; from pathlib import Path; from gpuecs_tui.app import run; run(Path(sys.argv[1]))"
)


@dataclass
class Terminal:
    """The other end of a wizard's terminal."""

    pid: int
    end: int
    screen: pyte.Screen = field(default_factory=lambda: pyte.Screen(80, 24))

    def until(self, text: str) -> None:
        """Wait for ``text`` on the screen: on the wire only the cells that differ come."""
        stream = pyte.ByteStream(self.screen)
        deadline = time.monotonic() + PATIENCE
        while not any(text in line for line in self.screen.display):
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self.end], [], [], left)[0], self.screen.display
            stream.feed(os.read(self.end, 1 << 16))

    def ended(self, within: float) -> bool:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                self.pid = 0
                return True
            time.sleep(0.02)
        return False


@contextmanager
def wizard_in_a_terminal(directory: Path) -> Iterator[Terminal]:
    pid, end = pty.fork()
    if pid == 0:
        os.environ.update(LINES="24", COLUMNS="80")
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM, str(directory)])
    terminal = Terminal(pid, end)
    try:
        terminal.until("Begin a new stack")
        yield terminal
    finally:
        if terminal.pid:
            os.kill(terminal.pid, signal.SIGKILL)
            os.waitpid(terminal.pid, 0)


def close_terminal(terminal: Terminal) -> None:
    os.close(terminal.end)


def hang_up(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGHUP)


def kill(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGKILL)


@pytest.mark.parametrize("end", [close_terminal, hang_up, kill])
def test_what_was_typed_outlives_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: Callable[[Terminal], None]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = tmp_path / "stack"
    with wizard_in_a_terminal(directory) as terminal:
        # In one burst, as a slow link brings them: each key must find its place.
        os.write(terminal.end, b"\r\t\tllama")
        terminal.until("llama")
        # A kill may take the last tenth of a second, whatever the machine makes of it; not more.
        time.sleep(1 if end is kill else 0)
        end(terminal)
        assert terminal.ended(LEAVE_SECONDS + 1)
    found = drafts.load(directory)
    assert found is not None
    assert found.texts["stack.name"] == "llama" and found.step == "account"
