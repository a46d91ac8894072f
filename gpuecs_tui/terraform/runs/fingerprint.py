"""Fingerprints of the files that a plan was created from, to detect later changes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from gpuecs_tui.terraform.base.file_names import CONFIGURATION, OPENTOFU, VARIABLES

_NOT_CONFIGURATION = (".tfstate", ".backup", ".tfplan")
_LOADED = (*CONFIGURATION, *OPENTOFU, *VARIABLES)
"""Ends of the names of files that Terraform or OpenTofu loads by itself or with an option."""
_LARGEST = 16 * 1024 * 1024
"""Bytes above which only size and time are recorded: no configuration is that large."""


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def configuration_files(directory: Path) -> dict[str, str]:
    """Return name → hash of the files in a stack's directory: configuration, values, scripts.

    Hidden files, states, plans and unreadable files are left out.
    """
    found = {}
    for path in sorted(directory.iterdir()):
        if path.name.startswith(".") or path.suffix in _NOT_CONFIGURATION:
            continue
        try:
            if path.is_file():
                found[path.name] = _hash(path)
        except OSError:
            continue
    return found


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return the names of files that were edited, added or removed."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def used_by_terraform(names: Collection[str], directory: Path) -> list[str]:
    """Return those of ``names`` that Terraform loads, or that its files in ``directory`` name.

    A file that is named, as in ``file("start.sh")``, may change what Terraform does. A log or a
    note that no Terraform names does not. Raises OSError.
    """
    others = [name for name in names if not name.endswith(_LOADED)]
    if not others:
        return list(names)
    text = b"\n".join(
        path.read_bytes()
        for path in directory.iterdir()
        if path.name.endswith(_LOADED) and path.is_file() and path.stat().st_size <= _LARGEST
    )
    unused = {name for name in others if os.fsencode(name) not in text}
    return [name for name in names if name not in unused]


def _hash(path: Path) -> str:
    status = path.stat()
    if status.st_size > _LARGEST:
        return f"{status.st_size}:{status.st_mtime_ns}"
    return file_sha256(path)
