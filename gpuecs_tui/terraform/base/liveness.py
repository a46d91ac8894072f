"""Recognise a process after a while: process ids are reused, so an id alone is not enough."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gpuecs_tui.terraform.base.process import ProcessProblem, capture

_PROC = Path("/proc")
_ASK_TIMEOUT = 2.0
"""Timeout in seconds for ps or sysctl, on systems without /proc."""
_FIELD_STATE = 0
_FIELD_START_TIME = 19
"""Indexes of the fields after the command's name in /proc/PID/stat (proc(5): fields 3 and 22)."""
_DEAD = ("Z", "X")
"""A zombie has ended; its parent has not called wait yet."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """The identity of one process; a later process with the same process id has a different one."""

    pid: int
    """Its process id."""
    started: str
    """When it started, in a system-specific format: compare it only for equality."""
    boot: str
    """Identity of the machine's boot, because process ids start again with each boot."""
    host: str
    """The machine's host name."""

    def as_json(self) -> dict[str, Any]:
        """Return the fields as a JSON object."""
        return {"pid": self.pid, "started": self.started, "boot": self.boot, "host": self.host}

    @classmethod
    def from_json(cls, value: object) -> ProcessIdentity | None:
        """Return the identity stored by ``as_json``, or None for anything else."""
        if not isinstance(value, dict) or not isinstance(value.get("pid"), int):
            return None
        text = {name: str(value.get(name, "")) for name in ("started", "boot", "host")}
        return cls(pid=value["pid"], **text)


def identify(pid: int | None = None) -> ProcessIdentity:
    """Return the identity of process ``pid`` (default: this one).

    If the process has already ended, ``started`` is empty, and ``is_alive`` returns False for it.
    """
    number = os.getpid() if pid is None else pid
    return ProcessIdentity(number, _started(number) or "", boot_id(), host_name())


def is_alive(process: ProcessIdentity | None) -> bool:
    """Tell whether ``process`` runs.

    A process of another host can't be checked and counts as alive: otherwise two runs could change
    the same state.
    """
    if process is None:
        return False
    if process.host != host_name():
        return True
    if process.boot != boot_id() or not process.started:
        return False
    return _started(process.pid) == process.started


def find_process(*alternatives: Collection[str]) -> ProcessIdentity | None:
    """Return the living process of this machine that was started with all of some arguments.

    ``alternatives``: sets of arguments; a process matches if its command contains all of one set.
    Of several processes the one with the smallest id is returned; None if none matches.
    """
    for pid, command in _commands():
        line = f" {command} "
        found = any(all(f" {word} " in line for word in words) for words in alternatives)
        if found and _started(pid):
            return identify(pid)
    return None


def has_descendant_named(pid: int, begin: str) -> bool:
    """Tell whether process ``pid`` has a descendant whose name begins with ``begin``."""
    waiting, seen = [pid], {pid}
    while waiting:
        for child in _children(waiting.pop()) - seen:
            seen.add(child)
            waiting.append(child)
            try:
                name = (_PROC / str(child) / "comm").read_text("utf-8", "replace")
            except OSError:
                continue
            if name.startswith(begin):
                return True
    return False


def _children(pid: int) -> set[int]:
    """Return the ids of the processes that the threads of process ``pid`` have started."""
    found: set[int] = set()
    for path in (_PROC / str(pid) / "task").glob("*/children"):
        # A thread may end between the listing and the reading.
        with contextlib.suppress(OSError):
            found.update(map(int, path.read_text("ascii").split()))
    return found


def host_name() -> str:
    """Return the machine's host name."""
    return os.uname().nodename


@cache
def boot_id() -> str:
    """Return the identity of the machine's current boot; empty if the system has none."""
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return _ask("sysctl", "-n", "kern.boottime")


def _started(pid: int) -> str | None:
    if not (_PROC / "self").exists():
        return _ask("ps", "-o", "lstart=", "-p", str(pid)) or None
    try:
        stat = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # The command's name is in parentheses and may contain spaces and parentheses itself.
    fields = stat.rpartition(")")[2].split()
    if len(fields) <= _FIELD_START_TIME or fields[_FIELD_STATE] in _DEAD:
        return None
    return fields[_FIELD_START_TIME]


def _commands() -> Iterator[tuple[int, str]]:
    """Yield the id of each process, in ascending order, and its command line."""
    if not (_PROC / "self").exists():
        for line in _ask("ps", "-axo", "pid=,command=").splitlines():
            number, _space, command = line.strip().partition(" ")
            yield int(number), command
        return
    for pid in sorted(int(it.name) for it in _PROC.iterdir() if it.name.isdigit()):
        try:
            command = os.fsdecode((_PROC / str(pid) / "cmdline").read_bytes())
        except OSError:
            continue
        yield pid, command.rstrip("\0").replace("\0", " ")


def _ask(*arguments: str) -> str:
    try:
        done = capture(arguments, cwd=Path("/"), environment=os.environ, timeout=_ASK_TIMEOUT)
    except ProcessProblem:
        return ""
    return done.stdout.strip()
