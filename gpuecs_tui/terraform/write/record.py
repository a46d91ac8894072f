"""This user's own record of a committed write, kept outside the directory that is written.

A write in progress is in the directory itself, where other users may be able to put one too. Only a
write whose list of moves has the digest that is recorded here, in the user's state folder (XDG),
was committed by this user and may be carried out later without a confirmation.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

from gpuecs_tui.private_folder import make_private
from gpuecs_tui.regular_files import read_regular, replace_file
from gpuecs_tui.terraform.base.atomic_files import sync_folder
from gpuecs_tui.user_folders import state_folder

_RECORD_MAX = 1024
"""Bytes; a digest has 64."""


def remember(directory: Path, decided: bytes) -> bool:
    """Record that the list of moves ``decided`` is this user's; return whether that succeeded.

    The record is on disk when this returns True.
    """
    try:
        path = _record(directory)
        make_private(path.parent)
        replace_file(path, _digest(decided).encode("ascii"))
        sync_folder(path.parent)
    except OSError:
        return False
    return True


def vouches_for(directory: Path, decided: bytes) -> bool:
    """Tell whether ``decided`` is the list of moves that this user recorded last."""
    try:
        recorded = read_regular(_record(directory), limit=_RECORD_MAX, follow=False)
    except OSError:
        return False
    return hmac.compare_digest(recorded, _digest(decided).encode("ascii"))


def forget(directory: Path) -> None:
    """Remove the record. A record that can't be removed matches no later write."""
    try:
        _record(directory).unlink(missing_ok=True)
    except OSError:
        return


def _record(directory: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(directory))).hexdigest()
    return state_folder() / "writes" / name


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
