"""Whose wizard keeps a directory's draft: two at once must not overwrite each other."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from gpuecs_tui.file_locks import NO_LOCKS, no_locks_there
from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import make_private
from gpuecs_tui.wizard.drafts import DraftProblem, draft_path


class DraftClaim:
    """The right to save the draft of one directory; it ends with the process, however that ends."""

    def __init__(self, directory: Path) -> None:
        """Claim the draft of ``directory``, if nobody has."""
        self._handle: int | None = None
        self.refusal = ""
        """Why the draft isn't ours, a sentence that names the other process; empty if it is."""
        try:
            path = draft_path(directory).with_suffix(".lock")
        except DraftProblem as problem:
            self.refusal = str(problem)
            return
        try:
            make_private(path.parent)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            self.refusal = _("The draft can't be saved in {path}: {reason}.").format(
                path=path.parent, reason=error.strerror
            )
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in NO_LOCKS:
                os.close(handle)
                self.refusal = no_locks_there(path)
                return
            owner = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
            os.close(handle)
            self.refusal = _(
                "Another wizard (process {pid}) is open on this directory and keeps its draft; "
                "what you type here is lost if this one ends before it is written as Terraform."
            ).format(pid=owner or "?")
            return
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        self._handle = handle

    def release(self) -> None:
        """Give the draft up."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)
