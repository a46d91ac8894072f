"""Fingerprints of the files that a plan was created from, to detect later changes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import product
from pathlib import Path

from gpuecs_tui.regular_files import open_regular
from gpuecs_tui.terraform.base.file_names import CONFIGURATION, OPENTOFU, VARIABLES

_NOT_CONFIGURATION = (".tfstate", ".backup", ".tfplan")
_LOADED = (*CONFIGURATION, *OPENTOFU, *VARIABLES)
"""Ends of the names of files that Terraform or OpenTofu loads by itself or with an option."""
_LARGEST = 16 * 1024 * 1024
"""Bytes above which only size and time are recorded: no configuration is that large."""
_LARGEST_BELOW = 256 * 1024
"""The same for a file in another folder, of which there may be thousands."""
_MOST_FILES = 5_000
_MOST_FOLDERS = 5_000
"""The most files and folders below a directory that are read: it may contain a data set."""


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex. Raises OSError."""
    with os.fdopen(open_regular(path), "rb") as file:
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


def files_below(directory: Path) -> dict[str, str]:
    """Return path → hash of the files in other folders that the files of ``directory`` name.

    These are the Terraform files of local modules, below ``directory`` or next to it (``../vpc``),
    files such as ``scripts/start.sh``, and all files of a folder without Terraform files that is
    given to a function or an archive (``fileset("conf", "*")``). A folder is used if its name is
    in a path of the text, a file if its name is in the text. The paths are relative to
    ``directory``. Hidden, linked and unreadable folders are left out, and all files after the
    first 5,000.
    """
    return dict(_hashes(_named_below(directory)[:_MOST_FILES]))


def module_files(directory: Path) -> list[Path]:
    """Return what the folders of local modules contain under a name that Terraform loads.

    That may be something else than a regular file, such as a FIFO. The folders are those of
    ``files_below``.
    """
    return [file for _path, file in _named_below(directory) if file.name.endswith(CONFIGURATION)]


def _named_below(directory: Path) -> list[tuple[str, Path]]:
    """Return what ``files_below`` reads, with relative paths; not all of it are regular files."""
    text, files = _readable_text(directory), list[tuple[str, Path]]()
    folders = dict(_folders(directory, ""))
    for path in _paths_beside(text):
        place = directory / path
        if place.is_dir():
            folders.update([(path, place), *_folders(place, f"{path}/")])
        else:
            files.append((path, place))
    unused = folders.copy()
    while used := [path for path in unused if _is_in_a_path(path, text)]:
        for path in used:
            # A module may use other modules and files.
            text += b"\n" + _readable_text(unused.pop(path))
    whole = [path for path in folders if _is_given_whole(path, text)]
    # A data set has many files of few types: the text is searched once for each type.
    is_in_text = cache(lambda part: os.fsencode(part) in text)
    for path, folder in folders.items():
        is_whole = any(path == it or path.startswith(f"{it}/") for it in whole)
        with suppress(OSError):
            entries = sorted(folder.iterdir())
            is_module = any(file.name.endswith(_LOADED) for file in entries)
            for file in entries:
                loaded = path not in unused and file.name.endswith(_LOADED)
                given = is_whole and not is_module
                if loaded or given or (is_in_text(file.suffix) and is_in_text(file.name)):
                    files.append((f"{path}/{file.name}", file))
    return files


def _hashes(files: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, str]]:
    for path, file in files:
        with suppress(OSError):
            if file.is_file():
                yield path, _hash(file, _LARGEST_BELOW)


def _folders(directory: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    """Yield the folders below ``directory`` with ``prefix`` and their relative paths."""
    for number, (folder, below, _files) in enumerate(os.walk(directory)):
        below[:] = sorted(name for name in below if not name.startswith("."))
        if number:
            yield prefix + Path(folder).relative_to(directory).as_posix(), Path(folder)
        if number == _MOST_FOLDERS:
            return


def _paths_beside(text: bytes) -> Iterator[str]:
    for path in re.findall(rb'"(?:\$\{path\.\w+\}/)?(\.\./[^"$%]+)"', text):
        yield os.fsdecode(path).rstrip("/")


def _is_in_a_path(path: str, text: bytes) -> bool:
    return _is_between(text, (b"/",), path, (b'"', b"/"))


def _is_given_whole(path: str, text: bytes) -> bool:
    """Tell whether the folder's name ends a text, or is followed by a pattern or an expression."""
    return _is_between(text, (b'"', b"/"), path, (b'"', b"/*", b"/${"))


def _is_between(text: bytes, starts: Iterable[bytes], path: str, ends: Iterable[bytes]) -> bool:
    """Tell whether the last name of ``path`` is in ``text`` between a start and an end."""
    name = os.fsencode(Path(path).name)
    return name in text and any(start + name + end in text for start, end in product(starts, ends))


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
    text = _text_of(directory)
    unused = {name for name in others if os.fsencode(name) not in text}
    return [name for name in names if name not in unused]


def _readable_text(folder: Path) -> bytes:
    with suppress(OSError):
        return _text_of(folder)
    return b""


def _text_of(folder: Path) -> bytes:
    """Return the text of the files in ``folder`` that Terraform loads; empty if it is missing."""
    if not folder.is_dir():
        return b""
    return b"\n".join(
        path.read_bytes()
        for path in folder.iterdir()
        if path.name.endswith(_LOADED) and path.is_file() and path.stat().st_size <= _LARGEST
    )


def _hash(path: Path, largest: int = _LARGEST) -> str:
    status = path.stat()
    if status.st_size > largest:
        return f"{status.st_size}:{status.st_mtime_ns}"
    return file_sha256(path)
