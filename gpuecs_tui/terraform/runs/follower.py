"""Follow a run from any process: what was added to its journal since the last poll."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from gpuecs_tui.regular_files import open_regular
from gpuecs_tui.terraform.engine.event_text import log_lines
from gpuecs_tui.terraform.engine.events import Decoder, Event
from gpuecs_tui.terraform.engine.log_line import LogLine
from gpuecs_tui.terraform.runs.run import Run

CHUNK = 256 * 1024
"""Bytes read at once."""
_CHUNKS_A_POLL = 2
"""Chunks decoded in one poll: about 25 ms of work, so that a caller stays responsive."""
_LONGEST_LINE = 4 * 1024 * 1024
"""Bytes after which an unfinished line is shown in pieces."""
_LIVENESS_SECONDS = 1.0
"""How often the processes are checked when no file has changed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What was added since the last poll."""

    events: tuple[Event, ...]
    lines: tuple[LogLine, ...]
    """The log lines of the events, each with its level and its resource."""
    run: Run
    """The run as it is now."""
    more: bool
    """There is more to read: poll again without waiting."""
    finished: bool
    """The run has ended and its whole journal was returned."""


class Follower:
    """Reads the journal of one run from the start; any number of followers may do so, in any
    process."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.decoder = Decoder()
        self._offset = 0
        self._rest = b""
        self._signature: tuple[int, ...] = ()
        self._asked_at = 0.0

    def poll(self) -> Batch:
        """Return what was written since the last call; empty if nothing was. Never waits."""
        # The state is read first: the journal that is read after it has everything written before.
        self._look_at_state()
        data, is_all = self._read()
        *whole, self._rest = (self._rest + data).split(b"\n")
        if (is_all and self.run.is_final) or len(self._rest) > _LONGEST_LINE:
            whole.append(self._rest)
            self._rest = b""
        events = tuple(
            self.decoder.decode(line.decode("utf-8", "replace")) for line in whole if line.strip()
        )
        lines = tuple(line for event in events for line in log_lines(event))
        return Batch(
            events, lines, self.run, more=not is_all, finished=is_all and self.run.is_final
        )

    def _read(self) -> tuple[bytes, bool]:
        chunks: list[bytes] = []
        try:
            handle = open_regular(self.run.files.journal)
            with os.fdopen(handle, "rb", buffering=0) as journal:
                journal.seek(self._offset)
                for _number in range(_CHUNKS_A_POLL):
                    chunk = journal.read(CHUNK)
                    if not chunk:
                        return b"".join(chunks), True
                    chunks.append(chunk)
                    self._offset += len(chunk)
        except OSError:
            # Deleted by the rotation, or not created yet.
            return b"".join(chunks), True
        return b"".join(chunks), False

    def _look_at_state(self) -> None:
        files = self.run.files
        signature = []
        for path in (files.state, files.decision, files.cancel, files.plan_details):
            try:
                status = path.stat()
                signature += [status.st_ino, status.st_mtime_ns]
            except OSError:
                signature += [0, 0]
        moment = time.monotonic()
        due = moment - self._asked_at >= _LIVENESS_SECONDS
        if tuple(signature) != self._signature or (due and not self.run.is_final):
            self._signature, self._asked_at = tuple(signature), moment
            self.run = self.run.refresh()
