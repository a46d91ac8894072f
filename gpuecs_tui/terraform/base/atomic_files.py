"""Small files that are either whole or absent, also after a power failure."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpuecs_tui.private_folder import PRIVATE_FILE
from gpuecs_tui.regular_files import open_own, read_regular


def now() -> str:
    """Return the present time as RFC 3339 in UTC with microseconds, as Terraform stamps events."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime | None:
    """Return the time in ``text`` (RFC 3339), or None if it is not one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def replace_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace the content of ``path`` with ``value``: readers see the old or the new content.

    The content is on disk when this returns. Raises OSError; the old file is then unchanged.
    """
    scratch = _scratch(path, value)
    try:
        scratch.replace(path)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def create_json(path: Path, value: Mapping[str, Any]) -> bool:
    """Write ``value`` to ``path`` unless it exists; return whether this call created the file.

    If several processes call this at once, exactly one gets True. Readers never see a partial
    file. Raises OSError.
    """
    scratch = _scratch(path, value)
    try:
        os.link(scratch, path)
    except FileExistsError:
        return False
    finally:
        scratch.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in ``path``, or None if it can't be read."""
    try:
        value = json.loads(read_regular(path))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _scratch(path: Path, value: Mapping[str, Any]) -> Path:
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            # Non-ASCII is escaped, so a path that is not valid UTF-8 is read back unchanged.
            json.dump(value, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        scratch.unlink(missing_ok=True)
        raise
    return scratch


def write_private(path: Path, content: bytes) -> Path:
    """Write a file that only this user can read; it is on disk on return. Raises OSError."""
    handle = open_own(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return path


def sync_folder(folder: Path) -> None:
    """Sync the directory itself: only then is a rename in it durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
