"""Failures of ``init`` because of a disk of this machine, not of the registry or the backend.

Terraform puts the system's error at the end of its sentence, as Go's os package words it: "write
.terraform/plugin_path: no space left on device".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.engine.diagnosis import Diagnosis
from gpuecs_tui.terraform.engine.events import Diagnostic, Event

_FULL = "no space left on device"
_QUOTA = "disk quota exceeded"
_READ_ONLY = "read-only file system"
_DENIED = "permission denied"
_REASON = f"(?P<reason>{_FULL}|{_QUOTA}|{_READ_ONLY}|{_DENIED})"
_ON_PATH = re.compile(
    r"\b(?:(?:open|openat|write|mkdir|mkdirat|create|remove|unlinkat|chmod|chtimes|truncate|close"
    r"|fsync|stat|lstat|readlink) (?P<path>[^\n:]+)"
    rf"|(?:symlink|link|rename|renameat) \S+ (?P<target>\S+)): {_REASON}",
    re.IGNORECASE,
)
"""The texts of Go's os.PathError and os.LinkError."""
_ON_DISK = re.compile(rf"(?P<reason>{_FULL}|{_QUOTA}|{_READ_ONLY})", re.IGNORECASE)
"""Errors that only a disk has. Sockets and programs are denied, too."""
_WORDS = {
    _FULL: (N_("The disk of {folder} is full."), N_("Free some space, then run this again.")),
    _QUOTA: (
        N_("Your disk quota for {folder} is used up."),
        N_("Free some space, then run this again."),
    ),
    _READ_ONLY: (
        N_("The file system of {folder} is read-only."),
        N_("Make it writable, or set TF_DATA_DIR to a directory on another file system."),
    ),
    _DENIED: (
        N_("Could not use {path}: permission denied."),
        N_("Check the permissions of that path, then run this again."),
    ),
}


def disk_failure(
    events: Iterable[Event], directory: Path, mirror: Path | None = None
) -> Diagnosis | None:
    """Return the failure of an ``init`` in ``directory`` whose first error is one of a disk.

    None for any other error, and for an error of a file in ``mirror``.
    """
    errors = (it for it in events if isinstance(it, Diagnostic) and it.severity == "error")
    first = next(errors, None)
    if first is None:
        return None
    text = f"{first.summary}\n{first.detail}"
    path = directory
    if (match := _ON_PATH.search(text)) is not None:
        path = directory / (match["path"] or match["target"])
    elif (match := _ON_DISK.search(text)) is None:
        return None
    if mirror is not None and path.is_relative_to(mirror):
        return None
    message, remedy = _WORDS[match["reason"].lower()]
    words = _(message).format(folder=_folder_on_disk(path, directory), path=path)
    return Diagnosis("disk-full" if message is _WORDS[_FULL][0] else "disk", words, _(remedy))


def _folder_on_disk(path: Path, directory: Path) -> Path:
    """Return the uppermost folder above ``path`` on the same disk, but not above ``directory``."""
    folder = next((it for it in (path, *path.parents) if _disk_of(it) is not None), directory)
    while folder != directory and folder.is_relative_to(directory):
        if _disk_of(folder) != _disk_of(folder.parent):
            break
        folder = folder.parent
    return folder


def _disk_of(folder: Path) -> int | None:
    """Return the device of a folder; None if it is none, or is below a folder of another user."""
    try:
        return folder.stat().st_dev if folder.is_dir() else None
    except OSError:
        return None
