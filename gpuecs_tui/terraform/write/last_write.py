"""The last write into a directory, to detect values that were changed there since.

One JSON file for each directory under the user's state folder (XDG), outside the directory. It
contains a digest of every answer, never the answer itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import make_private
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.unread import Unread
from gpuecs_tui.terraform.base.atomic_files import read_json, replace_json
from gpuecs_tui.user_folders import state_file

FORMAT = 1
"""Increased if an older version of the program could misread the file."""
_FOLDER = "written"


def answer_digest(value: Value) -> str:
    """Return the digest of an answer; lists and tables are compared by content."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def remember(directory: Path, answers: Mapping[str, Value], files: Iterable[str] = ()) -> None:
    """Record that ``answers`` were written into the Terraform in ``directory``.

    ``files`` are the names of our files that now exist there.

    If the record can't be written, the next write also asks about values that were not changed.
    """
    tree = {
        "format": FORMAT,
        "directory": os.path.realpath(directory),
        "answers": {key: answer_digest(value) for key, value in answers.items()},
        "files": sorted(files),
    }
    with contextlib.suppress(OSError):
        path = state_file(_FOLDER, directory)
        make_private(path.parent)
        replace_json(path, tree)


def changed_since(directory: Path, *, fills_unset: bool = False) -> Callable[[str, Value], bool]:
    """Return a function that tells whether a key's value in ``directory`` was changed manually.

    Without a record of the last write, every value counts as a manual change. ``fills_unset``: an
    unset value does not count. It is not in the files, so a default does not replace anything.
    """
    answers = record_of(directory).get("answers")
    if not isinstance(answers, dict):
        return lambda key, value: not (fills_unset and value == KEYS[key].unset)

    def changed(key: str, value: Value) -> bool:
        # An earlier version of this program did not have this key, so its value was not a manual
        # change.
        return key in answers and answers[key] != answer_digest(value)

    return changed


def edited_since(directory: Path, key: str, value: Value) -> bool | None:
    """Tell whether ``value`` of ``key`` in ``directory`` differs from the last written value.

    None without a record of a write into this directory, for example in a copy of it.
    """
    answers = record_of(directory).get("answers")
    if not isinstance(answers, dict):
        return None
    return key in answers and answers[key] != answer_digest(value)


def digests_of(directory: Path, keys: Iterable[str]) -> Mapping[str, str | None] | None:
    """Return the recorded digest of each of ``keys``, None for a key without one.

    None without a record of a write into this directory.
    """
    answers = record_of(directory).get("answers")
    return {key: answers.get(key) for key in keys} if isinstance(answers, dict) else None


def remember_only(
    directory: Path, earlier: Mapping[str, Any], digests: Mapping[str, str | None]
) -> None:
    """Record ``digests`` of single answers in ``earlier``, the record before a write.

    The other values in the directory may be manual changes, and they stay that. Without an earlier
    record there is none.
    """
    with contextlib.suppress(OSError):
        if not earlier:
            state_file(_FOLDER, directory).unlink(missing_ok=True)
            return
        answers = {**earlier.get("answers", {}), **digests}
        kept = {key: it for key, it in answers.items() if it is not None}
        replace_json(state_file(_FOLDER, directory), {**earlier, "answers": kept})


def deleted_since(directory: Path) -> tuple[Unread, ...]:
    """Return a record for each of our files that was deleted since the last write."""
    files = record_of(directory).get("files")
    gone = [
        name
        for name in (files if isinstance(files, list) else ())
        if isinstance(name, str) and not os.path.lexists(directory / name)
    ]
    reason = _(
        "was written by gpuecs-tui and has since been deleted. The next write creates it "
        "again only if an answer changes its content"
    )
    return tuple(Unread("", None, name, reason, is_deleted=True) for name in gone)


def record_of(directory: Path) -> Mapping[str, Any]:
    """Return the record of the last write into ``directory``; empty if there is none."""
    tree = None
    # Without a home directory there is no record.
    with contextlib.suppress(OSError):
        tree = read_json(state_file(_FOLDER, directory))
    return tree if tree and tree.get("format") == FORMAT else {}
