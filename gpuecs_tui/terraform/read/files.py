"""The files of a directory that Terraform loads, and their text."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.file_names import (
    AUTO_VARIABLES,
    CONFIGURATION,
    OPENTOFU,
    VARIABLE_FILE,
)
from gpuecs_tui.terraform.base.own_files import OWN_FILES
from gpuecs_tui.terraform.engine.init_needed import LOCK_FILE
from gpuecs_tui.terraform.hcl.tree import ReadProblem

FILE_MAX = 4 * 1024 * 1024
"""Maximum bytes of a file; hand-written Terraform is smaller."""


@dataclass(frozen=True, slots=True)
class DirectoryFiles:
    """The Terraform files of a directory."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """File name → text: our files first, then the others by name. A byte that is not valid UTF-8 is
    a surrogate (``surrogateescape``)."""
    unreadable: Mapping[str, ReadProblem] = field(default_factory=dict)
    """File name → why it could not be read, for files that Terraform would load."""
    opentofu: tuple[str, ...] = ()
    """Names of files that OpenTofu loads and Terraform ignores."""


def read_files(directory: Path) -> DirectoryFiles:
    """Return every file that defines the stack: ours, other configuration, variable files.

    Links are followed, as Terraform follows them. An absent directory has none. Raises ReadProblem
    if the directory is unreadable.
    """
    texts: dict[str, str] = {}
    unreadable: dict[str, ReadProblem] = {}
    opentofu: list[str] = []
    for path in _candidates(directory):
        if path.name.endswith(OPENTOFU):
            opentofu.append(path.name)
            continue
        try:
            text = _text(path)
        except ReadProblem as problem:
            unreadable[path.name] = problem
            continue
        if text is not None:
            texts[path.name] = text
    return DirectoryFiles(texts, unreadable, tuple(opentofu))


def read_texts(directory: Path) -> dict[str, str]:
    """Return the texts of ``read_files``; ReadProblem if one of the files can't be read."""
    files = read_files(directory)
    for problem in files.unreadable.values():
        raise problem
    return dict(files.texts)


def refuse_irregular(directory: Path, *more: Path) -> None:
    """Raise ReadProblem for a file that Terraform would load and that is not a regular file.

    Terraform opens a FIFO and waits forever. ``more`` are other files that it would read. Links are
    followed; a missing target, a folder and an unreadable file are reported by Terraform itself.
    """
    for path in (*_candidates(directory), directory / LOCK_FILE, *more):
        try:
            mode = path.stat().st_mode
        except OSError:
            continue
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise _irregular(path)


def _text(path: Path) -> str | None:
    """Return a file's text, None for one that Terraform ignores. Raises ReadProblem."""
    try:
        # Only regular files are opened: a FIFO would block forever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        if path.is_symlink():
            raise _unreadable(path, error) from None
        # The file was deleted after the listing.
        return None
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        status = os.fstat(descriptor)
        # Terraform ignores a folder, but not a link to a folder ("Failed to read file").
        if stat.S_ISDIR(status.st_mode) and not path.is_symlink():
            return None
        if not stat.S_ISREG(status.st_mode):
            raise _irregular(path)
        if status.st_size > FILE_MAX:
            raise ReadProblem(_("{file} is too large.").format(file=path), path.name)
        with open(descriptor, "rb", closefd=False) as stream:
            # Bytes are decoded here: reading as text would turn the CRLF in a script into LF.
            # Comments may contain bytes that are not valid UTF-8, which Terraform accepts.
            return stream.read().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise _unreadable(path, error) from None
    finally:
        os.close(descriptor)


def _irregular(path: Path) -> ReadProblem:
    return ReadProblem(
        _("{file} is not a regular file.").format(file=path),
        path.name,
        remedy=_("Move {file} away, or replace it with a file.").format(file=path),
    )


def _unreadable(path: Path, error: OSError) -> ReadProblem:
    return ReadProblem(
        _("Could not read {file}: {reason}.").format(file=path, reason=error.strerror), path.name
    )


def _candidates(directory: Path) -> Iterator[Path]:
    try:
        paths = sorted(directory.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise ReadProblem(
            _("Could not read {file}: {reason}.").format(file=directory, reason=error.strerror),
            str(directory),
        ) from None
    own = {name: position for position, name in enumerate(OWN_FILES)}
    for path in sorted(paths, key=lambda path: (own.get(path.name, len(own)), path.name)):
        if path.name in own or is_loaded(path.name) or _is_opentofu(path.name):
            yield path


def is_loaded(name: str) -> bool:
    """Tell whether Terraform loads a file of this name automatically."""
    return is_configuration(name) or is_variables(name)


def is_configuration(name: str) -> bool:
    """Tell whether a file is part of Terraform's configuration."""
    return name.endswith(CONFIGURATION) and not _is_ignored(name)


def is_variables(name: str) -> bool:
    """Tell whether Terraform reads values of variables from a file; the file may be hidden."""
    return name in (VARIABLE_FILE, f"{VARIABLE_FILE}.json") or name.endswith(AUTO_VARIABLES)


def is_override(name: str) -> bool:
    """Tell whether a file is an override file."""
    stem = name.removesuffix(".json").removesuffix(".tf")
    return stem != name and (stem == "override" or stem.endswith("_override"))


def is_json(name: str) -> bool:
    """Tell whether a file uses Terraform's JSON syntax."""
    return name.endswith(".json")


def in_load_order(names: list[str]) -> list[str]:
    """Return variable files in the order in which Terraform loads them: the last value applies.

    https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
    """
    fixed = [VARIABLE_FILE, f"{VARIABLE_FILE}.json"]
    return sorted(names, key=lambda name: (fixed.index(name) if name in fixed else 2, name))


def _is_ignored(name: str) -> bool:
    # terraform: internal/configs, IsIgnoredFile: hidden files, backups of vim and of Emacs.
    return name.startswith(".") or name.endswith("~") or (name[:1] == "#" and name[-1:] == "#")


def _is_opentofu(name: str) -> bool:
    return name.endswith(OPENTOFU) and not _is_ignored(name)
