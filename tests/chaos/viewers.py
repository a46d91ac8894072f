"""Programs that view or drive a run, in a terminal that can be closed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Sequence
from pathlib import Path

SIZE = (24, 80)
PATIENCE = 60.0
"""Seconds until a screen is shown, on a busy machine."""
LEAVE_SECONDS = 2.0
"""Seconds until a program ends after its terminal was closed."""
ENTRY = b"Watch the run"
"""The first offer of the wizard's start screen while a run is in progress in the directory."""
RUN_SCREEN = b"elapsed"


def program(*arguments: str | Path) -> list[str]:
    """Return the command line of gpuecs-tui."""
    return [str(Path(sys.executable).with_name("gpuecs-tui")), *map(str, arguments)]


def leave_seconds() -> float:
    """Return LEAVE_SECONDS, multiplied if there are more active processes than cores."""
    return LEAVE_SECONDS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Viewer:
    """A program in a separate pty; its output is discarded."""

    def __init__(self, command: Sequence[str]) -> None:
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
            # Started by nohup, this process ignores SIGHUP, and the program would inherit that.
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.execve(command[0], list(command), {**os.environ, "TERM": "xterm-256color"})
        self.seen = b""
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def watch_run(self) -> bool:
        """In the wizard, open the run from the start screen; False if it isn't offered."""
        if not self.shows(ENTRY):
            return False
        os.write(self.end, b"\r")
        time.sleep(1)
        return True

    def shows(self, text: bytes) -> bool:
        """Wait until it has painted ``text``."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.seen:
            if time.monotonic() > deadline or not self.is_alive():
                return False
            time.sleep(0.05)
        return True

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def take_terminal(self) -> None:
        """Close the other end of the program's terminal."""
        self._closing.set()
        self._reader.join()
        os.close(self.end)
        self.end = -1

    def is_alive(self) -> bool:
        """Tell whether the program is still running."""
        if self.pid and os.waitpid(self.pid, os.WNOHANG)[0]:
            self.pid = 0
        return bool(self.pid)

    def ends(self) -> bool:
        """Wait until the program ends; False if it still runs after LEAVE_SECONDS."""
        deadline = time.monotonic() + leave_seconds()
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def close(self) -> None:
        """Kill the program."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self.end >= 0:
            self.take_terminal()

    def _read(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(OSError):
                if select.select([self.end], [], [], 0.05)[0]:
                    self.seen = (self.seen + os.read(self.end, 1 << 16))[-(1 << 20) :]
                    continue
            time.sleep(0.02)


class Tmux:
    """A separate tmux server with one window, in which a program runs."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self._call = ["tmux", "-L", name, "-f", os.devnull]
        size = ["-x", str(SIZE[1]), "-y", str(SIZE[0])]
        subprocess.run([*self._call, "new-session", "-d", *size, *command], check=True)
        self.server = int(self._ask("display-message", "-p", "#{pid}"))
        self.program = int(self._ask("display-message", "-p", "#{pane_pid}"))

    def _ask(self, *words: str) -> str:
        call = [*self._call, *words]
        return subprocess.run(call, check=True, capture_output=True, text=True).stdout

    def watch_run(self) -> bool:
        """In the wizard, open the run from the start screen; False if it isn't offered."""
        if not self.shows(ENTRY):
            return False
        self.press("Enter")
        time.sleep(1)
        return True

    def shows(self, text: bytes) -> bool:
        """Wait until its window shows ``text``."""
        deadline = time.monotonic() + PATIENCE
        while text.decode() not in self._ask("capture-pane", "-p"):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names for them; other texts are typed."""
        self._ask("send-keys", *keys)

    def kill_server(self) -> None:
        """Kill the server without a message to the program."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.server, signal.SIGKILL)

    def ends(self) -> bool:
        """Wait until the program ends; False if it still runs after LEAVE_SECONDS."""
        deadline = time.monotonic() + leave_seconds()
        while _works(self.program):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def close(self) -> None:
        """End the server and kill the program."""
        subprocess.run([*self._call, "kill-server"], check=False, capture_output=True)
        if _works(self.program):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.program, signal.SIGKILL)


def _works(pid: int) -> bool:
    """Return whether a process that isn't a child still runs; a zombie has ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(b")")[2].split()[0] not in (b"Z", b"X")


def has_tmux() -> bool:
    """Tell whether tmux is installed."""
    return shutil.which("tmux") is not None
