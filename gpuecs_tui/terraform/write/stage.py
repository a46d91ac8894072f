"""The folder of a write in progress: new files, and the list of moves that commits it.

``.gpuecs-tui-write`` is in the directory that is written (on the same file system, ignored by
Terraform). Renaming the list of moves to ``COMMIT`` commits the write: before that the folder can
be deleted, after it the moves are carried out.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import Irregular, read_regular

STAGE = ".gpuecs-tui-write"
"""Folder of a write in progress, in the directory that is written."""
COMMIT = "commit.json"
_FORMAT = 2
"""Increased if an older version of the program could misread the list."""
_COMMIT_MAX = 64 * 1024
"""Bytes; a list of 15 files has 3,000."""
_STAGED_MAX = 4 * 1024 * 1024
"""Bytes; no file of a stack is larger."""


@dataclass(frozen=True, slots=True)
class Move:
    """What a write does to one file."""

    old: str | None
    """SHA-256 of the file that must exist; None: the file must not exist."""
    new: str | None
    """SHA-256 of the new content; None: the file is deleted."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The list of moves in the folder."""

    moves: Mapping[str, Move]
    """Move by file name, without any path."""
    raw: bytes
    """The list's bytes as read: a record recognises the list by them."""


def encode(moves: Mapping[str, Move]) -> bytes:
    """Return a list of moves as bytes; no two are equal, so an old one can't be used again."""
    tree = {
        "format": _FORMAT,
        "nonce": os.urandom(16).hex(),
        "moves": {name: [move.old, move.new] for name, move in moves.items()},
    }
    return json.dumps(tree).encode()


def read_decided(directory: Path) -> Decided | None:
    """Return the list of moves in a directory, None if no write was committed.

    Raises OSError if it can't be read, ValueError if it is not such a list.
    """
    stage = directory / STAGE
    try:
        if not stat.S_ISDIR(stage.lstat().st_mode):
            raise Irregular(stage, _("it is not a directory"))
        raw = read_regular(stage / COMMIT, limit=_COMMIT_MAX, follow=False)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        tree = json.loads(raw)
        if tree["format"] != _FORMAT:
            raise ValueError(tree["format"])
        moves = {name: Move(*map(_sum_or_none, pair)) for name, pair in tree["moves"].items()}
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    if odd := [name for name in moves if Path(name).name != name or name in ("", STAGE)]:
        raise ValueError(odd[0])
    return Decided(moves, raw)


def staged(directory: Path, name: str) -> bytes:
    """Return the new content of a file. Raises OSError."""
    return read_regular(directory / STAGE / name, limit=_STAGED_MAX, follow=False)


def digest_of(path: Path) -> str | None:
    """Return the SHA-256 of a file, None if there is none. Raises OSError."""
    try:
        return digest(read_regular(path, limit=_STAGED_MAX, follow=False))
    except FileNotFoundError:
        return None


def digest(content: bytes) -> str:
    """Return the SHA-256 of ``content`` in hex."""
    return hashlib.sha256(content).hexdigest()


def _sum_or_none(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ValueError(value)
