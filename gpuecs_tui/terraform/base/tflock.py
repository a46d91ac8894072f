"""Files that Terraform may leave next to a local state: a lock record, and errored.tfstate."""

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
"""File to which Terraform writes a state that it could not store in the backend."""
_FLOCK = "hhlli"
"""struct flock of fcntl(2) on 64-bit Linux: type, whence, start, length, pid."""


@dataclass(frozen=True, slots=True)
class StateLock:
    """A lock record next to a state."""

    path: Path
    id: str
    """The lock ID that ``force-unlock`` takes."""
    operation: str
    """Such as OperationTypeApply."""
    who: str
    """user@host."""
    created: datetime | None
    holder_pid: int | None
    """The process that holds it now. 0: none; a killed Terraform left the record, and it blocks
    nothing. None: unknown on this system."""


def lock_note(state: Path) -> Path:
    """Return the file in which the local backend records the holder of the lock on ``state``.

    See Terraform's statemgr/filesystem_lock.go.
    """
    return state.with_name(f".{state.name}.lock.info")


def read_lock(state: Path) -> StateLock | None:
    """Return the lock record next to the local state file ``state``, or None."""
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
    """Return the time in a lock's ``Created``; None if it is not one."""
    # Go prints nanoseconds; Python before 3.12 reads at most six digits.
    head, dot, tail = text.partition(".")
    digits = tail.rstrip("Z")
    return parse_time(f"{head}.{digits[:6]}+00:00" if dot and tail.endswith("Z") else text)


def _holder(state: Path) -> int | None:
    """Return the process that holds the record lock on the state file, without taking the lock."""
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
