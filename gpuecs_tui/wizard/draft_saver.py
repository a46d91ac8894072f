"""Saves a draft a moment after each key press, in a thread, so that no key waits for the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from gpuecs_tui.wizard import drafts
from gpuecs_tui.wizard.draft_claim import DraftClaim
from gpuecs_tui.wizard.drafts import Draft, DraftProblem

GATHER_SECONDS = 0.1
"""From the first unsaved key press to the write: what a kill -9 loses at most."""


class DraftSaver:
    """Keeps the newest draft of one directory on disk. Thread-safe."""

    def __init__(self, directory: Path, on_saved: Callable[[str], None]) -> None:
        """Save drafts of ``directory``, unless another process keeps them.

        ``on_saved`` is called in the saving thread with the empty text, or with the sentence that
        says why the draft could not be saved.
        """
        self._directory = directory
        self._claim = DraftClaim(directory)
        self._on_saved = on_saved
        self._pending: Draft | None = None
        self._closed = False
        self._wake = threading.Condition()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def refusal(self) -> str:
        """Why nothing is saved here, a sentence; empty where it is."""
        return self._claim.refusal

    def put(self, draft: Draft) -> None:
        """Save ``draft`` soon; of several, the last."""
        if self.refusal:
            self._on_saved(self.refusal)
            return
        with self._wake:
            if self._closed:
                return
            self._pending = draft
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="draft", daemon=True)
                self._thread.start()
            self._wake.notify()

    def flush(self) -> None:
        """Save now what is still unsaved, and return when it is on disk."""
        with self._writing:
            with self._wake:
                draft, self._pending = self._pending, None
            if draft is not None:
                self._write(draft)

    def close(self) -> None:
        """Save what is unsaved and take no more."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self.flush()
        self._claim.release()

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

    def _write(self, draft: Draft) -> None:
        try:
            drafts.save(self._directory, draft)
        except DraftProblem as problem:
            self._on_saved(str(problem))
        else:
            self._on_saved("")
