"""The problems of a stack's directory after a failed or killed run, and their remedies.

``examine`` is fast enough for every start. It reads files only, unless the state is outside the
directory (then also its lock) or there is a problem (then the engine also reads the state). The
remedies are ``locks.unlock``, ``errored_state.push`` and, for resources that are missing from the
state, the next plan, which imports them (plan_with_imports.py).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.migration.lifecycle import Due, due, foreign_change
from gpuecs_tui.terraform.migration.moved_marker import Moved, moved_away
from gpuecs_tui.terraform.migration.record import is_migrating
from gpuecs_tui.terraform.recovery import damaged_state, errored_state, locks
from gpuecs_tui.terraform.recovery.damaged_state import Broken
from gpuecs_tui.terraform.recovery.errored_state import Errored, UnreadableErroredState, Verdict
from gpuecs_tui.terraform.recovery.held_lock import HeldLock
from gpuecs_tui.terraform.recovery.lock_words import lock_sentence
from gpuecs_tui.terraform.recovery.shared_run import (
    SharedRun,
    created_elsewhere,
    may_work,
    with_shared,
)
from gpuecs_tui.terraform.recovery.shared_runs import ShelfProblem, shelf_of
from gpuecs_tui.terraform.runs.directory_lock import is_held
from gpuecs_tui.terraform.runs.orphan_candidates import Candidate, candidates, lacking
from gpuecs_tui.terraform.runs.run_list import live_run, records_of, unreadable_home
from gpuecs_tui.terraform.runs.stack_directory import unreadable
from gpuecs_tui.terraform.runs.unread_run import UnreadRun
from gpuecs_tui.terraform.state.backend import present_backend, refuse_damaged_record, workspace
from gpuecs_tui.terraform.state.content import read_place
from gpuecs_tui.terraform.state.location import initialised_backend
from gpuecs_tui.terraform.state.reader import read_state
from gpuecs_tui.terraform.state.stored_state import NOTHING, NotRead, StoredState, parse_state


@dataclass(frozen=True, slots=True)
class Recovery:
    """The problems that were found; all fields are empty if there are none."""

    lock: HeldLock | None = None
    """A lock on the state that no live run here explains."""
    broken: Broken | None = None
    """A damaged local state, or a damaged errored.tfstate."""
    move: Due | None = None
    """A move of the state that is due: its location differs from the Terraform, or a move was
    interrupted."""
    moved: Moved | None = None
    """Another checkout has moved the state away from the location that this directory uses."""
    errored: Errored | None = None
    """A state that could not be stored."""
    missing: tuple[Candidate, ...] = ()
    """Resources that were created, or may have been, and are missing from the state."""
    problems: tuple[str, ...] = ()
    """Sentences: what could not be read although it exists."""
    unknown: tuple[str, ...] = ()
    """Sentences: what can't be checked here, so that its problems are unknown and can't be repaired
    here."""
    notes: tuple[str, ...] = ()
    """Sentences: what is not checked here and blocks nothing."""
    unread_records: str = ""
    """Why the records of runs next to the state could not be read, one sentence; may be empty."""
    at_work: bool = False
    """A run or a move is in progress here: the lock belongs to it, and nothing else was checked."""

    @property
    def has_problems(self) -> bool:
        """Tell whether a problem with a remedy was found; ``unknown`` alone does not count."""
        if self.at_work:
            return False
        return bool(
            self.lock
            or self.broken
            or self.move
            or self.moved
            or self.errored
            or self.missing
            or self.problems
        )

    @property
    def needs_action(self) -> bool:
        """Tell whether a problem with a remedy was found; a lock that blocks nothing needs none."""
        lock = self.lock if self.lock is not None and self.lock.stops else None
        return replace(self, lock=lock).has_problems

    @property
    def created(self) -> tuple[Candidate, ...]:
        """Return the resources that were certainly created."""
        return tuple(it for it in self.missing if it.certain)

    def sentences(self) -> list[str]:
        """Return the problems, one sentence each, the most important first."""
        lock = [lock_sentence(self.lock)] if self.lock is not None else []
        # A lock that blocks other runs also blocks the other repairs.
        first = self.lock is not None and self.lock.stops
        told = lock if first else []
        if self.moved is not None:
            told = [self.moved.sentence, *told]
        if self.broken is not None:
            told.append(self.broken.sentence)
        if self.move is not None:
            told.append(self.move.sentence)
        if self.errored is not None:
            told.append(self.errored.sentence)
        for who, count in Counter(it.by for it in self.missing if it.by).items():
            told.append(created_elsewhere(who, count))
        if created := sum(not it.by for it in self.created):
            words = ngettext(
                "{n} resource was created but is not in the state. The next plan imports it.",
                "{n} resources were created but are not in the state. The next plan imports them.",
                created,
            )
            told.append(words.format(n=created))
        if unsure := sum(not it.by and not it.certain for it in self.missing):
            words = ngettext(
                "{n} creation was interrupted and may have succeeded. The next plan looks for it.",
                "{n} creations were interrupted and may have succeeded. The next plan looks "
                "for them.",
                unsure,
            )
            told.append(words.format(n=unsure))
        last = lock if not first else ()
        return [*told, *last, *self.problems, *self.unknown, *self.notes]


def examine(directory: Path, environ: Mapping[str, str] | None = None) -> Recovery:
    """Check ``directory`` for problems; during a run or move there, only its lock.

    Problems are returned, never raised.

    Blocks: reads files, the journals of the runs since the last successful one, and makes one call
    to S3 if the state is there.
    """
    environment = dict(os.environ if environ is None else environ)
    try:
        there = directory.is_dir()
        next(directory.iterdir() if there else iter(()), None)
    except OSError as error:
        return Recovery(unknown=(unreadable(directory, error),))
    if not there:
        return Recovery()
    unread = [it for it in records_of(directory) if isinstance(it, UnreadRun)]
    # For a run that can't be read, only the directory's lock shows whether it is in progress.
    works = bool(unread) and is_held(directory)
    if works or live_run(directory) is not None or is_migrating(directory):
        return Recovery(_lock_at_work(directory, environment), at_work=True)
    lock: HeldLock | None = None
    broken: Broken | None = None
    move: Due | None = None
    failed: Errored | None = None
    missing: tuple[Candidate, ...] = ()
    problems = []
    unread_records = ""
    unknown = [f"{it.message} {it.remedy}" for it in unread if it.is_open]
    if (home := unreadable_home()) is not None:
        unknown.append(str(home))
    try:
        workspace(directory, environment)
    except TerraformProblem as problem:
        # Without the workspace it is unknown which lock, state and records to read.
        return Recovery(unknown=(str(problem), *unknown))
    try:
        refuse_damaged_record(directory, environment)
    except TerraformProblem as problem:
        problems.append(str(problem))
    try:
        lock = locks.held_lock(directory, environment)
    except TerraformProblem as problem:
        problems.append(str(problem))
    # In a directory without an ``init``, the read of the state reports the same.
    noted = present_backend(directory, environment).noted
    unread_lock = locks.unread_lock(directory, environment) if noted else ""
    notes = (unread_lock,) if unread_lock else ()
    moved = moved_away(directory, environment)
    if (foreign := foreign_change(directory, environment)) is not None:
        # The engine refuses to read a state whose backend has changed.
        return Recovery(lock, moved=moved, problems=(*problems, str(foreign)), notes=notes)
    try:
        broken = damaged_state.find(directory, environment)
        # A damaged state must be repaired before anything else can be checked.
        move = due(directory, environment) if broken is None else None
        if broken is None and move is None:
            # The engine refuses to read a state that must be moved.
            failed = errored_state.compare(directory, environment)
            missing = _missing(directory, failed, environment)
            shared, undecided, unread_records = _shared(directory, lock, environment)
            if shared or undecided:
                state = read_state(directory, environment)
                missing = with_shared(missing, shared, state)
                for run in undecided:
                    if count := len(lacking(run.created, state)):
                        notes = (*notes, may_work(run, count))
    except (UnreadableErroredState, NotRead) as problem:
        unknown.append(str(problem))
    except (TerraformProblem, OSError) as error:
        problems.append(str(error))
    # An error with one cause, such as a missing bucket, is reported once.
    told, open_ = tuple(dict.fromkeys(problems)), dict.fromkeys(unknown)
    unread_only = tuple(it for it in open_ if it not in told)
    return Recovery(
        lock,
        broken,
        move,
        moved,
        failed,
        missing,
        told,
        unread_only,
        notes,
        unread_records,
    )


def known_state(
    directory: Path, found: Recovery, environ: Mapping[str, str] | None = None
) -> StoredState:
    """Return the state of ``directory``, whose problems are ``found``. Raises TerraformProblem.

    A state that must be moved is read at its present location, because the engine refuses to read
    it. For a damaged state, its intact copy is returned.
    """
    environment = dict(os.environ if environ is None else environ)
    if found.broken is not None:
        return found.broken.backup or NOTHING
    if found.move is None and (foreign := foreign_change(directory, environment)) is None:
        return read_state(directory, environment)
    place = initialised_backend(directory, environment)
    if not place.is_understood:
        assert foreign is not None, "a place that isn't understood is never moved from"
        raise foreign
    place = place.at(workspace(directory, environment))
    return parse_state(read_place(place, environment), str(place))


def _shared(
    directory: Path, lock: HeldLock | None, environ: Mapping[str, str]
) -> tuple[tuple[SharedRun, ...], tuple[SharedRun, ...], str]:
    """Return the records next to the state that other runs wrote.

    First those of runs that have ended, then those of runs that may be in progress, last why the
    records could not be read.
    """
    shelf = shelf_of(directory, environ)
    if shelf is None:
        return (), (), ""
    try:
        own = {it.id for it in records_of(directory)}
        return *shelf.sorted_out(own, locked=lock is not None and lock.stops), ""
    except ShelfProblem as problem:
        words = _("Could not read the run records next to the state: {reason}")
        return (), (), words.format(reason=problem.message)
    finally:
        shelf.close()


def read_lacking(
    directory: Path, created: Iterable[Candidate], environ: Mapping[str, str] | None = None
) -> tuple[Candidate, ...]:
    """Return the resources of ``created`` that the state of ``directory`` lacks. Raises
    TerraformProblem."""
    return lacking(created, read_state(directory, environ))


def _lock_at_work(directory: Path, environ: Mapping[str, str]) -> HeldLock | None:
    # The lock belongs to the run in progress. A failure to read it is reported after the run.
    try:
        return locks.held_lock(directory, environ)
    except TerraformProblem:
        return None


def _missing(
    directory: Path, failed: Errored | None, environ: Mapping[str, str]
) -> tuple[Candidate, ...]:
    earlier = records_of(directory)
    if not candidates(earlier, NOTHING):
        return ()
    if failed is not None and failed.verdict is Verdict.PUSH:
        # The errored state will be pushed: it is the one to compare with.
        return candidates(earlier, parse_state(read_regular(failed.path), str(failed.path)))
    return candidates(earlier, read_state(directory, environ))
