"""What a run reports about errored.tfstate if its state could not be stored.

Terraform reports that it wrote the file even if the same full disk truncated it (measured with
1.11.4: 0 bytes).
"""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.tflock import ERRORED_NAME
from gpuecs_tui.terraform.engine.diagnosis import Diagnosis
from gpuecs_tui.terraform.recovery.damaged_state import errored_fault

Stamp = tuple[int, int, int] | None
"""Inode, size in bytes and time of the last change in ns of the file; None without one."""


def stamp(directory: Path) -> Stamp:
    """Return what identifies the content of the errored.tfstate of ``directory``."""
    try:
        found = (directory / ERRORED_NAME).lstat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def looked_at(why: Diagnosis, directory: Path, before: Stamp) -> Diagnosis:
    """Return ``why``, completed with the content of the errored.tfstate of ``directory``.

    ``before`` is the file's stamp before Terraform was started: a file that has not changed since
    contains none of the changes. Never raises.
    """
    unsaved = why.unsaved
    if unsaved is None:
        return why
    if lost := _why_lost(directory, before):
        return Diagnosis(
            why.kind,
            f"{unsaved.reason} {lost}",
            _("{cure}, then check the state: gpuecs-tui state {directory}").format(
                cure=unsaved.cure, directory=shell_word(directory)
            ),
            unsaved,
        )
    return Diagnosis(
        why.kind,
        _("{reason} Terraform wrote it to {name} instead.").format(
            reason=unsaved.reason, name=ERRORED_NAME
        ),
        _("Keep that file. {cure}, then run: gpuecs-tui state {directory} --push").format(
            cure=unsaved.cure, directory=shell_word(directory)
        ),
        unsaved,
    )


def _why_lost(directory: Path, before: Stamp) -> str:
    """Return why errored.tfstate can't be pushed, a sentence; empty if it is whole."""
    now = stamp(directory)
    if now is None or now == before:
        return _("Terraform did not write it to {name} either.").format(name=ERRORED_NAME)
    try:
        fault = errored_fault(read_regular(directory / ERRORED_NAME))
    except OSError as error:
        return _("Could not read {name}: {reason}.").format(
            name=ERRORED_NAME, reason=error.strerror or error
        )
    if not fault:
        return ""
    return _("{name} {fault}: nothing in it can be pushed.").format(name=ERRORED_NAME, fault=fault)
