"""What Terraform may leave beside a local state: a lock, and a state that it couldn't store."""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gpuecs_tui.regular_files import open_regular
from gpuecs_tui.terraform.base.atomic_files import parse_time, read_json

STATE_NAME = "terraform.tfstate"
ERRORED_NAME = "errored.tfstate"
"""Where Terraform puts a state that its backend refused."""
_FLOCK = "hhlli"
"""struct flock of fcntl(2) on 64-bit Linux: type, whence, start, length, pid."""


@dataclass(frozen=True, slots=True)
class StateLock:
    """A lock note that lies beside a state."""

    path: Path
    id: str
    """What ``force-unlock`` asks for."""
    operation: str
    """Such as OperationTypeApply."""
    who: str
    """user@host."""
    created: datetime | None
    holder_pid: int | None
    """The process that holds it now; 0: nobody does, the note was left by a Terraform that was
    killed and stops no other; None: this system can't tell."""


def lock_note(state: Path) -> Path:
    """Return where the local backend notes who holds the lock on the file ``state``.

    The rule is Terraform's statemgr/filesystem_lock.go.
    """
    return state.with_name(f".{state.name}.lock.info")


def read_lock(state: Path) -> StateLock | None:
    """Return the lock note beside the local state in the file ``state``, or None."""
    path = lock_note(state)
    raw = read_json(path)
    if raw is None:
        return None
    return StateLock(
        path=path,
        id=str(raw.get("ID", "")),
        operation=str(raw.get("Operation", "")),
        who=str(raw.get("Who", "")),
        created=lock_time(str(raw.get("Created", ""))),
        holder_pid=_holder(state),
    )


def lock_time(text: str) -> datetime | None:
    """Return the moment that a lock's ``Created`` names; None where it names none."""
    # Go prints nanoseconds; Python reads six digits at most before 3.12's leniency everywhere.
    head, dot, tail = text.partition(".")
    digits = tail.rstrip("Z")
    return parse_time(f"{head}.{digits[:6]}+00:00" if dot and tail.endswith("Z") else text)


def _holder(state: Path) -> int | None:
    """Return who holds the record lock on the state file, without taking it ourselves."""
    if sys.platform != "linux" or struct.calcsize("l") != 8:
        return None
    try:
        handle = open_regular(state)
    except FileNotFoundError:
        return 0
    except OSError:
        return None
    try:
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        answer = struct.unpack(_FLOCK, fcntl.fcntl(handle, fcntl.F_GETLK, asked))
    except OSError:
        return None
    finally:
        os.close(handle)
    return 0 if answer[0] == fcntl.F_UNLCK else int(answer[4])
