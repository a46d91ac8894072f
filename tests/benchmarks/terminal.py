"""Runs a program in a pseudo-terminal and measures its output and its reaction to keys."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType


def quiet_environment(**extra: str) -> dict[str, str]:
    """Return the environment for measured programs, without settings of the user's terminal or
    AWS."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(
            ("AWS_", "TF_", "TEXTUAL", "SSH_", "TMUX", "STY", "COLUMNS", "LINES")
        )
    }
    return kept | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"} | extra


class Terminal:
    """Runs ``command`` in a pty of ``columns`` × ``rows`` and reads its output at full speed."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.started = time.perf_counter()
        self.measured = 0
        """The process whose processor time counts, if it is not the terminal's process."""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.execvpe(command[0], list(command), dict(environ or quiet_environment()))
            finally:
                os._exit(127)
        self._output = bytearray()
        self._news = threading.Condition()
        self._closed = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._fd, 1 << 16)
            except OSError:
                data = b""
            with self._news:
                self._output += data
                self._closed = not data
                self._news.notify_all()
            if not data:
                return

    @property
    def output(self) -> bytes:
        """Everything that was received so far."""
        with self._news:
            return bytes(self._output)

    @property
    def size(self) -> int:
        """The number of bytes that were received so far."""
        with self._news:
            return len(self._output)

    def wait_for(self, text: bytes, start: int = 0, seconds: float = 30) -> float:
        """Return the time (perf_counter) at which ``text`` was first seen after byte ``start``."""
        limit = time.perf_counter() + seconds
        with self._news:
            while self._output.find(text, start) < 0:
                left = limit - time.perf_counter()
                if left <= 0 or self._closed:
                    shown = bytes(self._output[-400:])
                    raise TimeoutError(f"{text!r} was not shown; the last was {shown!r}")
                self._news.wait(left)
            return time.perf_counter()

    def send(self, keys: bytes) -> float:
        """Type ``keys``; return the time (perf_counter) after the last one."""
        moment = time.perf_counter()
        os.write(self._fd, keys)
        return moment

    def cpu_seconds(self) -> float:
        """Return the processor time that the program has used (Linux)."""
        status = Path(f"/proc/{self.measured or self.pid}/stat").read_bytes()
        fields = status.rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        """Return the memory that the program holds (Linux)."""
        pages = Path(f"/proc/{self.pid}/statm").read_bytes().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._reader.join(5)
        os.close(self._fd)


def python(*arguments: str) -> list[str]:
    """Return the command that runs this interpreter with ``arguments``."""
    return [sys.executable, *arguments]


@contextlib.contextmanager
def in_tmux(command: Sequence[str], columns: int, rows: int) -> Iterator[Terminal | None]:
    """Run ``command`` in a tmux without settings except for its clock; None if tmux is not
    installed.

    The terminal receives tmux's own output; the processor time is that of the command. The clock in
    tmux's status line sends about 110 bytes at each full minute, independent of the command.
    """
    if shutil.which("tmux") is None:
        yield None
        return
    name = f"gpuecs-bench-{os.getpid()}-{time.monotonic_ns()}"
    call = ["tmux", "-L", name, "-f", os.devnull]
    try:
        start = [*call, "new-session", *command, ";", "set-option", "-g", "status-right", ""]
        with Terminal(start, columns=columns, rows=rows) as terminal:
            asked = [*call, "display-message", "-p", "#{pane_pid}"]
            while not terminal.measured:
                told = subprocess.run(asked, check=False, capture_output=True, text=True)
                terminal.measured = int(told.stdout.strip() or 0)
            yield terminal
    finally:
        subprocess.run([*call, "kill-server"], check=False, capture_output=True)
