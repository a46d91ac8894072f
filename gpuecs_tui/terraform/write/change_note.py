"""The note of an open change of values: where it is stored and how it is read."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpuecs_tui.terraform.base.atomic_files import read_json
from gpuecs_tui.user_folders import state_file

FORMAT = 1
"""Increased if an older version of the program could misread a note."""
_FOLDER = "changes"


def note_of(directory: Path) -> Path:
    """Return the path of the note of ``directory``. Raises OSError without a home directory."""
    return state_file(_FOLDER, directory)


def noted(directory: Path) -> Mapping[str, Any]:
    """Return the note of ``directory``; empty if there is none that can be read."""
    tree = None
    # Without a home directory there is no note.
    with contextlib.suppress(OSError):
        tree = read_json(note_of(directory))
    return tree if tree is not None and tree.get("format") == FORMAT else {}
