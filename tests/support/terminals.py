"""Run a program in a pseudo-terminal and read what its user would see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyte

PATIENCE = 60
"""Timeout in seconds for any output, on a loaded machine."""
COLUMNS, ROWS = 80, 24


def readable(end: int, seconds: float) -> bool:
    """Wait ``seconds`` for something to read at the descriptor ``end``, whatever its number is:
    ``select.select`` accepts no number above 1023, and a process that runs many tests may exceed
    it."""
    poll = select.poll()
    poll.register(end, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


@dataclass
class Terminal:
    """The other end of a program's terminal."""

    pid: int
    end: int
    screen: pyte.Screen = field(default_factory=lambda: pyte.Screen(COLUMNS, ROWS))

    def __post_init__(self) -> None:
        self._stream = pyte.ByteStream(self.screen)

    def until(self, *texts: str) -> None:
        """Wait for one of ``texts`` on the screen: only changed cells are sent."""
        self.wait(lambda: any(map(self.shows, texts)))

    def wait(self, condition: Callable[[], bool]) -> None:
        """Read output until ``condition`` is true."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0 and self.read(left), self.screen.display

    def read(self, within: float) -> bool:
        """Read the next output; False if there is none ``within`` so many seconds."""
        if not readable(self.end, within):
            return False
        self._stream.feed(os.read(self.end, 1 << 16))
        return True

    def shows(self, text: str) -> bool:
        """Tell whether ``text`` is on the screen, according to the output so far."""
        return any(text in line for line in self.screen.display)

    def type(self, text: str) -> None:
        """Type ``text``."""
        os.write(self.end, text.encode())

    def close(self) -> None:
        """Close the terminal, like a broken SSH connection."""
        os.close(self.end)
        self.end = -1

    def kill(self) -> None:
        """Kill the program."""
        os.kill(self.pid, signal.SIGKILL)

    def hang_up(self) -> None:
        """Send the program the signal for a closed terminal."""
        os.kill(self.pid, signal.SIGHUP)

    def ended(self, within: float) -> bool:
        """Wait ``within`` seconds for the end of the program."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                self.pid = 0
                return True
            time.sleep(0.02)
        return False


@contextmanager
def in_a_terminal(
    command: Sequence[str], environ: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Run ``command`` in a separate terminal, with ``environ`` or else this process's environment;
    the program is killed at the end."""
    pid, end = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.execve(command[0], list(command), dict(environ or os.environ))
    terminal = Terminal(pid, end)
    try:
        yield terminal
    finally:
        if terminal.pid:
            terminal.kill()
            os.waitpid(terminal.pid, 0)
        if terminal.end >= 0:
            terminal.close()
