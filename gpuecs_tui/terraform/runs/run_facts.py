"""The facts of a run in run.json; each value is checked before it is used.

The file may be damaged, or a later version may have written words that are unknown here. Both are a
``RecordProblem``: the run is then listed as unreadable (unread_run.py) and nothing is assumed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.terraform.base.atomic_files import parse_time
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.terraform.runs.stack_directory import DirectoryIdentity
from gpuecs_tui.terraform.state.environment import Origin


class RecordProblem(Exception):
    """A file of a run that can't be used; ``reason`` completes the sentence "Could not read FILE".

    ``newer``: a later version of this program wrote it.
    """

    def __init__(self, path: Path, reason: str, *, newer: bool = False) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
        self.newer = newer


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The facts of a run that never change; see ``Run`` for the fields."""

    directory: Path
    inode: tuple[int, int] | None
    token: str
    operation: Operation
    only_bring_back: bool
    started_at: datetime | None
    user: str
    host: str
    plugin_dir: Path | None
    profile: str | None
    origin: Origin


def read_json_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in ``path``. Raises FileNotFoundError, RecordProblem."""
    try:
        text = read_regular(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise RecordProblem(path, error.strerror or str(error)) from None
    if not text.strip(b"\0 \t\r\n"):
        raise RecordProblem(path, _("the file is empty"))
    try:
        value = json.loads(text)
    except RecursionError:
        raise RecordProblem(path, _("its values are nested too deeply")) from None
    except ValueError:
        raise RecordProblem(path, _("it is not JSON")) from None
    if not isinstance(value, dict):
        raise RecordProblem(path, _("it is not a JSON object"))
    return value


def check_types(
    path: Path, raw: Mapping[str, Any], types: Mapping[str, Callable[[object], bool]]
) -> None:
    """Raise RecordProblem for a value of the wrong type, or a name that isn't in ``types``."""
    for name, value in raw.items():
        if name not in types:
            raise RecordProblem(path, _("it contains {name!r}").format(name=name), newer=True)
        if not types[name](value):
            raise RecordProblem(path, _("the value of {name} is not valid").format(name=name))


def read_directory_record(path: Path) -> DirectoryIdentity | None:
    """Return the stack directory of a run from its directory.json; None if that is unusable."""
    try:
        raw = read_json_object(path)
        check_types(path, raw, {name: _TYPES[name] for name in ("directory", "inode", "token")})
        inode = raw.get("inode") or None
        token = raw.get("token") or ""
        return DirectoryIdentity(Path(raw["directory"]), tuple(inode) if inode else None, token)
    except (FileNotFoundError, RecordProblem, KeyError):
        return None


def read_facts(path: Path) -> RunFacts:
    """Return the facts in run.json. Raises FileNotFoundError, RecordProblem."""
    raw = read_json_object(path)
    check_types(path, raw, _TYPES)
    for name in ("directory", "operation"):
        if name not in raw:
            raise RecordProblem(path, _("the value of {name} is missing").format(name=name))
    if raw["operation"] not in set(Operation):
        words = _("its operation is {operation!r}").format(operation=raw["operation"])
        raise RecordProblem(path, words, newer=True)
    numbers = raw.get("inode") or []
    return RunFacts(
        directory=Path(raw["directory"]),
        inode=(numbers[0], numbers[1]) if numbers else None,
        token=raw.get("token") or "",
        operation=Operation(raw["operation"]),
        only_bring_back=bool(raw.get("only_bring_back")),
        started_at=parse_time(raw.get("started_at") or ""),
        user=raw.get("user") or "",
        host=raw.get("host") or "",
        plugin_dir=Path(raw["plugin_dir"]) if raw.get("plugin_dir") else None,
        profile=raw.get("profile"),
        origin=Origin(raw.get("settings") or {}, raw.get("fingerprint") or ""),
    )


def is_text(value: object) -> bool:
    """Tell whether a value is a string that a system call accepts: no NUL, no lone surrogate."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def is_text_map(value: object) -> bool:
    """Tell whether a value is an object whose values are strings."""
    return isinstance(value, dict) and all(map(is_text, [*value, *value.values()]))


def _is_optional_text(value: object) -> bool:
    return value is None or is_text(value)


def _is_path(value: object) -> bool:
    return is_text(value) and Path(str(value)).is_absolute()


def _is_inode(value: object) -> bool:
    if value is None or value == []:
        return True
    return isinstance(value, list) and len(value) == 2 and all(type(it) is int for it in value)


_TYPES: Mapping[str, Callable[[object], bool]] = {
    "directory": _is_path,
    "inode": _is_inode,
    "token": is_text,
    "operation": is_text,
    "only_bring_back": lambda value: isinstance(value, bool),
    "started_at": is_text,
    "user": is_text,
    "host": is_text,
    "plugin_dir": _is_optional_text,
    "profile": _is_optional_text,
    "settings": is_text_map,
    "fingerprint": is_text,
}
"""Every value that this version writes to run.json → the check of its type."""
