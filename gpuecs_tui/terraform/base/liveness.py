"""Is that process still the one we knew? A process id alone is reused after a while."""

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
"""Seconds for ps or sysctl, where there is no /proc."""
_FIELD_STATE = 0
_FIELD_START_TIME = 19
"""Places behind the command's name in /proc/PID/stat (proc(5): fields 3 and 22)."""
_DEAD = ("Z", "X")
"""A zombie has ended; only its parent has not asked yet."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process, told apart from any later one with its number."""

    pid: int
    """Its process id."""
    started: str
    """When it started, in whatever this system counts: only equality means something."""
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

    Of one that has ended already ``started`` is empty, which no living process matches.
    """
    number = os.getpid() if pid is None else pid
    return ProcessIdentity(number, _started(number) or "", boot_id(), host_name())


def is_alive(process: ProcessIdentity | None) -> bool:
    """Tell whether ``process`` runs.

    One of another host can't be asked and counts as alive: claiming its end could let two runs
    work on one state.
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

    ``alternatives``: which arguments; all of any one of them will do. The oldest, where a script
    has started a program with its own arguments; None where there is none.
    """
    for pid, command in _commands():
        line = f" {command} "
        found = any(all(f" {word} " in line for word in words) for words in alternatives)
        if found and _started(pid):
            return identify(pid)
    return None


def has_descendant_named(pid: int, begin: str) -> bool:
    """Tell whether a descendant of process ``pid`` runs whose name begins with ``begin``.

    The kernel keeps the first 15 characters of a name. False on systems that do not list children;
    Linux does (proc(5), /proc/PID/task/TID/children).
    """
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
    """Return what tells this boot of the machine from others; empty where nothing does."""
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
    # The command's name stands in brackets and may hold spaces and brackets itself.
    fields = stat.rpartition(")")[2].split()
    if len(fields) <= _FIELD_START_TIME or fields[_FIELD_STATE] in _DEAD:
        return None
    return fields[_FIELD_START_TIME]


def _commands() -> Iterator[tuple[int, str]]:
    """Yield the processes' ids, the smallest first, and what each was started with."""
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
