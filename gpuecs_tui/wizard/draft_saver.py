"""Save a draft shortly after each key press, in a thread, so that no key waits for the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from gpuecs_tui.wizard import drafts
from gpuecs_tui.wizard.draft_claim import DraftClaim
from gpuecs_tui.wizard.drafts import Draft, DraftProblem

GATHER_SECONDS = 0.1
"""Seconds from the first unsaved key press to the write: a kill -9 loses no more than that."""
CLAIM_SECONDS = 1.0
"""Seconds between two checks whether another wizard on the directory has ended."""


class Nothing:
    """Used instead of a draft if there is nothing to save."""


class DraftSaver:
    """Keeps the newest draft of one directory on disk. Thread-safe."""

    def __init__(self, directory: Path, on_saved: Callable[[str], None]) -> None:
        """Save drafts of ``directory``, unless another process saves them.

        ``on_saved`` is called in the saving thread with the empty text, or with a sentence on why
        the draft could not be saved.
        """
        self._directory = directory
        self._claim = DraftClaim(directory)
        self._on_saved = on_saved
        self._pending: Draft | Nothing | None = None
        self._closed = False
        self._wake = threading.Condition()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._unsaved: Draft | Nothing | None = None
        """The last draft that was refused; it is saved when the other process ends."""
        if self._claim.is_taken:
            threading.Thread(target=self._claim_later, name="draft claim", daemon=True).start()

    @property
    def refusal(self) -> str:
        """Why no draft is saved, a sentence; empty if drafts are saved."""
        return self._claim.refusal

    def drop(self) -> None:
        """Delete the draft soon: the directory's files have its answers."""
        self.put(Nothing())

    def put(self, draft: Draft | Nothing) -> None:
        """Save ``draft`` soon; of several drafts, only the last one is written."""
        with self._wake:
            # Under the lock: the claim may be taken at any moment, and then saves ``_unsaved``.
            refusal = self.refusal
            if refusal:
                self._unsaved = draft
            elif not self._closed:
                self._save_soon(draft)
        if refusal:
            self._on_saved(refusal)

    def flush(self) -> None:
        """Save the unsaved draft now, and return when it is on disk."""
        with self._writing:
            with self._wake:
                draft, self._pending = self._pending, None
            if draft is not None:
                self._write(draft)

    def close(self) -> None:
        """Save the unsaved draft and accept no further ones."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        self.flush()
        self._claim.release()

    def _claim_later(self) -> None:
        """Take the claim after the other process has ended, and save this process's draft."""
        while True:
            with self._wake:
                if self._wake.wait_for(lambda: self._closed, CLAIM_SECONDS):
                    return
                if not self._claim.take():
                    continue
                # The lock is still held: a close after this saves the pending draft.
                draft, self._unsaved = self._unsaved, None
                problem = self._set_aside() if isinstance(draft, Draft) else ""
                if isinstance(draft, Draft) and not problem:
                    self._save_soon(draft)
            self._on_saved(problem)
            return

    def _set_aside(self) -> str:
        """Back up the draft that the other process saved; return why it could not be done."""
        try:
            drafts.set_aside(self._directory)
        except DraftProblem as problem:
            return str(problem)
        return ""

    def _save_soon(self, draft: Draft | Nothing) -> None:
        """Let the thread save ``draft``; the caller holds the lock."""
        self._pending = draft
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="draft", daemon=True)
            self._thread.start()
        self._wake.notify_all()

    def _serve(self) -> None:
        gather = threading.Event()
        while True:
            with self._wake:
                while self._pending is None and not self._closed:
                    self._wake.wait()
                if self._closed:
                    return
            gather.wait(GATHER_SECONDS)
            self.flush()

    def _write(self, draft: Draft | Nothing) -> None:
        try:
            if isinstance(draft, Nothing):
                drafts.drop(self._directory)
            else:
                drafts.save(self._directory, draft)
        except DraftProblem as problem:
            self._on_saved(str(problem))
        else:
            self._on_saved("")
