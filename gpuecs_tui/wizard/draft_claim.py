"""Which wizard saves a directory's draft: two wizards must not overwrite each other's."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from gpuecs_tui.file_locks import NO_LOCKS, no_locks_there
from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import make_private
from gpuecs_tui.wizard.drafts import DraftProblem, draft_path


class DraftClaim:
    """The right to save the draft of one directory; it ends with the process, even if killed."""

    def __init__(self, directory: Path) -> None:
        """Claim the draft of ``directory``, unless another process has it."""
        self._handle: int | None = None
        self.refusal = ""
        """Why this process may not save the draft, a sentence with the other process; empty if it
        may."""
        self.is_taken = False
        """Whether another process has the claim, which it may release."""
        try:
            self._path = draft_path(directory).with_suffix(".lock")
        except DraftProblem as problem:
            self.refusal = str(problem)
            return
        self.take()

    def take(self) -> bool:
        """Claim the draft if it is free now; return whether this process has it."""
        if self._handle is not None:
            return True
        try:
            make_private(self._path.parent)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            self.refusal = _("Could not save the draft in {path}: {reason}.").format(
                path=self._path.parent, reason=error.strerror
            )
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in NO_LOCKS:
                os.close(handle)
                self.refusal = no_locks_there(self._path)
                return False
            owner = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
            os.close(handle)
            self.is_taken = True
            self.refusal = _(
                "Another wizard (process {pid}) has this directory open and saves its draft. What "
                "you type here is not saved until that wizard is closed."
            ).format(pid=owner or "?")
            return False
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        self._handle, self.refusal, self.is_taken = handle, "", False
        return True

    def release(self) -> None:
        """Release the draft."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)
