"""A program in a separate pseudo-terminal, as a session leader like over SSH."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import sys
import termios
import time
from pathlib import Path
from typing import NamedTuple

from tests.support.terminals import readable

DEADLINE = 20.0
PROCESSOR_TIMES = slice(11, 13)
"""Indexes of utime and stime in /proc/PID/stat after the command's name (proc(5))."""


class Work(NamedTuple):
    """The activity of a program according to /proc."""

    runnable: bool = False
    """It runs, or waits for a processor."""
    processor_times: tuple[str, ...] = ()
    """Processor time in the program and in the system, in clock ticks."""


class PtyProgram:
    """``python -c SOURCE ARGUMENTS…`` in a pseudo-terminal that this class controls."""

    def __init__(self, source: str, *arguments: str, columns: int = 80, rows: int = 24) -> None:
        self.output = ""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                self._size(0, columns, rows)
                # pytest's snapshot plugin sets these, and they outrank the terminal's own size.
                kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
                os.execve(sys.executable, [sys.executable, "-c", source, *arguments], kept)
            finally:
                os._exit(127)
        self._size(self.master, columns, rows)

    @staticmethod
    def _size(terminal: int, columns: int, rows: int) -> None:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal; the program gets SIGWINCH."""
        self._size(self.master, columns, rows)

    def read(self, seconds: float) -> bool:
        """Read output for up to ``seconds``; return whether there was any."""
        if not readable(self.master, seconds):
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            return False
        self.output += data.decode("utf-8", "replace")
        return bool(data)

    def wait_for(self, text: str, start: int = 0) -> None:
        """Read until ``text`` was received."""
        limit = time.monotonic() + DEADLINE
        while text not in self.output[start:]:
            self.read(0.1)
            assert time.monotonic() < limit, f"{text!r} was not shown: {self.output[-500:]!r}"

    def settle(self, quiet: float = 0.3) -> None:
        """Read until there was no output for ``quiet`` seconds in which the program had no work.

        On a busy machine, a program that waits for a processor sends nothing either.
        """
        limit = time.monotonic() + DEADLINE
        before = self._work()
        while self.read(quiet) or before != (now := self._work()) or now.runnable:
            before = self._work()
            assert time.monotonic() < limit, "the program never stopped sending"

    def _work(self) -> Work:
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except OSError:  # the process has ended, or this system has no /proc
            return Work()
        fields = stat.rpartition(")")[2].split()
        return Work(fields[0] == "R", tuple(fields[PROCESSOR_TIMES]))

    def type(self, keys: str) -> None:
        """Send ``keys`` as if they were typed."""
        os.write(self.master, keys.encode())

    def end(self, seconds: float) -> tuple[int, float, float]:
        """Return (exit code, seconds until the end, processor seconds); kill it after
        ``seconds``."""
        begin = time.monotonic()
        while time.monotonic() < begin + seconds:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                took = time.monotonic() - begin
                return os.waitstatus_to_exitcode(status), took, usage.ru_utime + usage.ru_stime
            time.sleep(0.01)
        self.kill()
        raise AssertionError(f"the program was still there after {seconds} s")

    def kill(self) -> None:
        """Kill the program."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0

    def close_terminal(self) -> None:
        """Close the terminal, like sshd when a connection is lost."""
        os.close(self.master)
        self.master = -1

    def clean_up(self) -> None:
        """Close the terminal and kill the program."""
        self.kill()
        if self.master >= 0:
            self.close_terminal()
