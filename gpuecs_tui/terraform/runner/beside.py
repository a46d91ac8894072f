"""The runner's background thread: it finds the lock ID and writes the shared run record.

Terraform writes its events to the journal; this thread only reads the journal. A call to S3 takes
up to a minute when S3 doesn't answer. The runner waits for the thread only at the end of the run,
for at most ``CLOSE_SECONDS``.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.atomic_files import parse_time
from gpuecs_tui.terraform.base.liveness import ProcessIdentity, is_alive
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.base.tflock import read_lock
from gpuecs_tui.terraform.engine.events import ChangeSummary, Decoder, Hook, PlannedChange
from gpuecs_tui.terraform.recovery.shared_run import SharedRun
from gpuecs_tui.terraform.recovery.shared_runs import Shelf, ShelfProblem, shelf_of
from gpuecs_tui.terraform.runs.lock_record import (
    is_held_locally_by,
    is_lock_of,
    record_lock,
    runs_provider,
)
from gpuecs_tui.terraform.runs.orphan_candidates import Candidate, lacking, told_by
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.state.backend import local_state
from gpuecs_tui.terraform.state.reader import read_state

LOOK_SECONDS = 0.25
"""Interval of the reads of the journal. A read that finds nothing takes 30 µs of processor time."""
PUT_SECONDS = 1.0
"""Minimum interval between two writes of the record."""
RETRY_SECONDS = 10.0
"""Time until the next write after a failed write."""
CLOSE_SECONDS = 5.0
"""How long the runner waits at its end for the last write of the record. One takes 0.1 s."""
_LOCK_TRIES = 5
"""Maximum number of reads of the lock during one Terraform command."""
_CHUNK = 256 * 1024
"""Maximum number of bytes of the journal per read. Terraform writes less in ``LOOK_SECONDS``."""


class Beside:
    """The background thread of one run. The run calls the public methods, the thread ``tick`` and
    ``finish``."""

    def __init__(
        self,
        run: Run,
        environment: Mapping[str, str],
        note: Callable[[str, str], None],
        shelf: Shelf | None = None,
    ) -> None:
        """``note`` adds a sentence with a level to the journal; any thread may call it.

        ``shelf``: where records are kept, for tests. Default: derived from the directory's backend.
        """
        self._run, self._environment, self._note = run, environment, note
        self._shelf = shelf
        self._wake = threading.Event()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._done: bool | None = None
        self._shares = False
        # State of the current Terraform command.
        self._child: ProcessIdentity | None = None
        self._operation, self._begun, self._offset, self._rest = "", datetime.now(UTC), 0, b""
        self._decoder = Decoder()
        self._holds, self._has_lock, self._tries = False, False, 0
        # State of the shared run record.
        self._created: dict[str, Candidate] = {}
        self._begun_at: dict[str, datetime | None] = {}
        self._changed, self._next_put, self._told = True, 0.0, False
        self._gave_up = False

    def share(self) -> None:
        """Keep a record of what the run creates; called before its apply."""
        self._shares = True

    def terraform(self, child: ProcessIdentity, operation: str, begin: int) -> None:
        """Watch a Terraform command that has just been started and that locks the state.

        ``operation``: ``plan`` or ``apply``. ``begin``: size of the journal before the command.
        """
        with self._guard:
            self._child, self._operation, self._begun = child, operation, datetime.now(UTC)
            self._offset, self._rest, self._decoder = begin, b"", Decoder()
            self._holds, self._has_lock, self._tries = False, False, 0
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="beside", daemon=True)
            self._thread.start()

    def close(self, *, done: bool, seconds: float = CLOSE_SECONDS) -> None:
        """End the thread. ``done``: the state holds all that the run created; delete the record."""
        self._done = done
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def tick(self, moment: float) -> None:
        """Read the journal once. ``moment`` is the time of a monotonic clock, in seconds."""
        self._read()
        if not self._has_lock and self._tries < _LOCK_TRIES and self._holds_lock():
            self._tries += 1
            self._look_for_lock()
        if self._shares and self._changed and moment >= self._next_put:
            self._put(moment)

    def _work(self) -> None:
        if self._shelf is None:
            # Terraform itself reports a backend that can't be read.
            with contextlib.suppress(TerraformProblem):
                self._shelf = shelf_of(self._run.directory, self._environment)
        while not self._wake.wait(LOOK_SECONDS):
            self.tick(time.monotonic())
        self.finish()

    def finish(self) -> None:
        """Put or delete the record for the last time."""
        while self._read():
            pass
        if not self._shares or self._shelf is None or self._gave_up:
            return
        with contextlib.suppress(TerraformProblem):
            if self._done:
                self._shelf.delete(self._run.id)
                self._tidy_others(self._shelf)
            else:
                self._keep_missing(self._shelf)

    def _tidy_others(self, shelf: Shelf) -> None:
        """Delete records of other runs if this run imported everything that they created."""
        if records := shelf.others((self._run.id,)):
            shelf.tidy(records, read_state(self._run.directory, self._environment))

    def _keep_missing(self, shelf: Shelf) -> None:
        """Keep a record of what is missing from the state after Terraform ended; else delete the
        record."""
        created = [it for it in told_by(self._run).values() if it is not None]
        try:
            missing = lacking(created, read_state(self._run.directory, self._environment))
        except TerraformProblem:
            missing = tuple(created)
        self._created = {it.address: it for it in missing}
        if missing:
            shelf.put(self._record(ended=True))
        else:
            shelf.delete(self._run.id)

    def _put(self, moment: float) -> None:
        if self._shelf is None or self._gave_up:
            return
        self._changed = False
        self._next_put = moment + PUT_SECONDS
        try:
            self._shelf.put(self._record(ended=False))
        except ShelfProblem as problem:
            self._changed = True
            self._next_put = moment + RETRY_SECONDS
            self._gave_up = problem.final
            if not self._told:
                self._told = True
                words = _(
                    "Could not write the record of this run next to the state: {reason} The "
                    "run continues; if it is killed, only this machine can import the "
                    "resources that it created."
                )
                self._note(words.format(reason=problem.message), "warn")

    def _record(self, *, ended: bool) -> SharedRun:
        run = self._run
        return SharedRun(
            id=run.id,
            user=run.user,
            host=run.host,
            operation=run.operation,
            started_at=run.started_at.isoformat(),
            ended=ended,
            updated_at=None,
            created=tuple(self._created.values()),
        )

    def _read(self) -> bool:
        """Read what Terraform has written since the last call; return whether there was any."""
        with self._guard, contextlib.suppress(OSError):
            with self._run.files.journal.open("rb") as journal:
                journal.seek(self._offset)
                chunk = journal.read(_CHUNK)
            self._offset += len(chunk)
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                event = self._decoder.decode(line.decode("utf-8", "replace"))
                # Terraform writes these events only while it holds the lock.
                self._holds |= isinstance(event, Hook | PlannedChange | ChangeSummary)
                if isinstance(event, Hook):
                    self._take_in(event)
            return bool(chunk)
        return False

    def _take_in(self, event: Hook) -> None:
        if event.phase != "apply" or event.is_data:
            return
        if event.action == "delete" and event.step == "complete":
            self._changed |= self._created.pop(event.address, None) is not None
        if event.action != "create" or event.step not in ("start", "complete"):
            return
        if event.step == "start":
            self._begun_at[event.address] = parse_time(event.at)
        self._created[event.address] = Candidate(
            event.address,
            event.resource_type,
            event.id_value,
            self._run.id,
            self._begun_at.get(event.address),
        )
        self._changed = True

    def _holds_lock(self) -> bool:
        """Tell whether Terraform is known to hold the lock, from its events or its provider
        processes."""
        child = self._child
        if child is not None and not self._holds:
            self._holds = runs_provider(child.pid)
        return self._holds

    def _look_for_lock(self) -> None:
        child = self._child
        if child is None:
            return
        found = ""
        if (state := local_state(self._run.directory, self._environment)) is not None:
            note = read_lock(state)
            if note is not None and is_held_locally_by(
                note, child.pid, self._operation, self._begun
            ):
                found = note.id
        elif self._shelf is not None:
            with contextlib.suppress(TerraformProblem):
                info = self._shelf.lock() or {}
                if is_lock_of(info, self._operation, self._begun):
                    found = str(info["ID"])
        # Terraform still runs, so the lock that was read is its own.
        if found and child is self._child and is_alive(child):
            self._has_lock = True
            with contextlib.suppress(OSError):
                record_lock(self._run.files, found)
