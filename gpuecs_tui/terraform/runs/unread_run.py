"""A run whose record this version can't read: listed, never started, decided on or rotated.

What it created is still read from its journal, which is in Terraform's own format.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import open_regular
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.runs.journal import RunFiles
from gpuecs_tui.terraform.runs.run_facts import (
    RecordProblem,
    RunFacts,
    is_text,
    read_directory_record,
)
from gpuecs_tui.terraform.runs.stack_directory import DirectoryIdentity

_DIRECTORY = re.compile(r'"directory"\s*:\s*("/(?:[^"\\]|\\.)*")')
_LOOKED_AT = 64 * 1024
"""Bytes of a damaged run.json that are searched for the directory: an intact one has under 8
KiB."""


@dataclass(frozen=True, slots=True)
class UnreadRun:
    """A run's folder whose run.json, state.json or decision.json can't be used."""

    files: RunFiles
    id: str
    directory: Path | None
    """The stack's directory; None if the record doesn't name it."""
    inode: tuple[int, int] | None
    token: str
    newer: bool
    """Written by a newer version of this program."""
    message: str
    """One sentence that names the file and what is wrong with it."""

    @property
    def remedy(self) -> str:
        """Return the action to take."""
        if self.newer:
            return _("Update gpuecs-tui to read it.")
        if self.is_dismissed:
            return ""
        if self.directory is None:
            return _("Move {folder} out of the runs directory.").format(folder=self.files.folder)
        return _("To dismiss it: gpuecs-tui state {directory} --forget {run} --yes").format(
            directory=shell_word(self.directory), run=shell_word(self.id)
        )

    @property
    def is_dismissed(self) -> bool:
        """Tell whether the user has dismissed it: it is listed without a remedy."""
        return self.files.forgotten.exists()

    @property
    def is_open(self) -> bool:
        """Tell whether it is damaged and was not dismissed by the user."""
        return not self.newer and not self.is_dismissed

    def is_of(self, here: DirectoryIdentity) -> bool:
        """Tell whether it is a run of this directory."""
        return self.directory is not None and here.is_same(self.directory, self.inode, self.token)


def unread_run(files: RunFiles, problem: RecordProblem, facts: RunFacts | None) -> UnreadRun:
    """Return the run in ``files`` that has this ``problem``; ``facts`` if run.json is intact."""
    words = (
        _("{path} was written by a newer version of gpuecs-tui: {reason}.")
        if problem.newer
        else _("Could not read {path}: {reason}.")
    )
    here = (
        DirectoryIdentity(facts.directory, facts.inode, facts.token)
        if facts
        else _directory_of(files)
    )
    return UnreadRun(
        files=files,
        id=files.folder.name,
        directory=here.path if here else None,
        inode=here.inode if here else None,
        token=here.token if here else "",
        newer=problem.newer,
        message=words.format(path=problem.path, reason=problem.reason),
    )


def _directory_of(files: RunFiles) -> DirectoryIdentity | None:
    """Return the stack directory of the run in ``files``, if run.json is unusable."""
    if (found := read_directory_record(files.directory_record)) is not None:
        return found
    path = _directory_in(files.facts)
    return None if path is None else DirectoryIdentity(path, None, "")


def _directory_in(path: Path) -> Path | None:
    """Return the directory that the text of a damaged run.json still names."""
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            text = file.read(_LOOKED_AT).decode("utf-8", "replace")
    except OSError:
        return None
    if (found := _DIRECTORY.search(text)) is None:
        return None
    try:
        value = json.loads(found[1])
    except ValueError:
        return None
    return Path(value) if is_text(value) else None
