"""Plan a run, and import the resources that earlier runs lost (see orphan_import.py)."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.engine.events import Event
from gpuecs_tui.terraform.recovery import errored_state
from gpuecs_tui.terraform.recovery.errored_state import Verdict
from gpuecs_tui.terraform.recovery.shared_run import SharedRun, created_elsewhere, with_shared
from gpuecs_tui.terraform.recovery.shared_runs import Shelf, ShelfProblem
from gpuecs_tui.terraform.runner import orphan_import
from gpuecs_tui.terraform.runner.orphan_import import Account, Search
from gpuecs_tui.terraform.runs.journal import JournalWriter
from gpuecs_tui.terraform.runs.orphan_candidates import Candidate, candidates, note_absent
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.terraform.runs.unread_run import UnreadRun
from gpuecs_tui.terraform.state.reader import read_state
from gpuecs_tui.terraform.state.stored_state import NOTHING, StateProblem

NO_CHANGES, FAILED = 0, 1
"""Exit codes of ``plan -detailed-exitcode``; 2 is a plan with changes."""
_DESTROY = ("-destroy",)
READ_SECONDS = 20.0
"""How long a finished plan waits for the run records next to the state. Reading them takes 0.3 s.
"""
SETTLED = timedelta(minutes=2)
"""Time after a run's end during which AWS may still finish an interrupted creation. A resource that
is missing before that time may still appear, so it is searched again."""


@dataclass(frozen=True, slots=True)
class Planner:
    """How the runner plans; each call runs Terraform to its end."""

    plan: Callable[[Sequence[str]], int]
    """Plans with further options of ``terraform plan`` and returns the exit code."""
    events: Callable[[], Sequence[Event]]
    """The events of the last plan."""
    show: Callable[[], Mapping[str, Any] | None]
    """``show -json`` of the last plan, sensitive values in clear; None if it failed."""


def plan(
    run: Run,
    earlier: Sequence[Run | UnreadRun],
    environment: Mapping[str, str],
    journal: JournalWriter,
    planner: Planner,
    connect: Callable[[str | None, str], Account] = Account,
    shelf: Shelf | None = None,
) -> int:
    """Plan ``run``, importing what ``earlier`` runs created and the state lacks.

    ``shelf``: the run records next to the state, of other machines and other users. Without such
    resources it is one plan. Returns the exit code of the last plan. Raises RunProblem for a
    destroy that would leave something behind, and if errored.tfstate must be pushed before any
    change.
    """
    destroys = run.operation is Operation.DESTROY
    orphan_import.clear_leftover(run.directory)
    _refuse_fork(run, environment, journal)
    reading = _Reading(shelf)
    missing = _missing(run, earlier, (), environment)
    code: int | None = None
    if not missing and not run.only_bring_back:
        # The records next to the state are read at the same time: mostly there are none.
        code = planner.plan(_DESTROY if destroys else ())
        if code == FAILED:
            return code
    shared = reading.result(journal)
    if shared and missing is not None:
        own = {it.id for it in earlier}
        others = [it for it in shared if it.id not in own]
        missing = _missing(run, earlier, others, environment)
    if not missing:
        if missing is not None:
            _tidy(shelf, shared, missing, Search())
        return NO_CHANGES if code is None else code
    words = ngettext(
        "An earlier run may have created {n} resource that is not in the state. Looking for it…",
        "An earlier run may have created {n} resources that are not in the state. Looking "
        "for them…",
        len(missing),
    )
    journal.note(words.format(n=len(missing)), "warn")
    for who, count in Counter(it.by for it in missing if it.by).items():
        journal.note(created_elsewhere(who, count), "warn")
    # A destroy first creates a plan of an apply: only that plan shows what is missing, and its
    # names.
    if code is None or destroys:
        code = planner.plan(())
    search = Search()
    if code != FAILED:
        code = _with_imports(run, missing, journal, planner, search, code, connect)
    if code == FAILED:
        return code
    _remember_absent(missing, search, earlier)
    _tidy(shelf, shared, missing, search)
    for sentence in search.unclear.values():
        journal.note(sentence, "warn")
    if run.only_bring_back:
        return (
            _plan_with(run, journal, planner, search, only=True) if search.imports else NO_CHANGES
        )
    if not destroys:
        return code
    if search.imports:
        raise orphan_import.left_behind(run.directory, sorted(search.imports))
    return planner.plan(_DESTROY)


def _refuse_fork(run: Run, environment: Mapping[str, str], journal: JournalWriter) -> None:
    found = errored_state.compare(run.directory, environment)
    if found is None:
        return
    if run.operation is Operation.PLAN or found.verdict is not Verdict.PUSH:
        remedy = (
            errored_state.restore_remedy(run.directory) if found.verdict is Verdict.DAMAGED else ""
        )
        journal.note(f"{found.sentence} {remedy}".strip(), "warn")
        return
    raise RunProblem(
        found.sentence,
        _("Run: gpuecs-tui state {directory} --push").format(directory=shell_word(run.directory)),
    )


class _Reading:
    """The run records next to the state, read in a thread while Terraform plans."""

    def __init__(self, shelf: Shelf | None) -> None:
        self._shelf = shelf
        self._found: tuple[SharedRun, ...] = ()
        self._problem = ""
        self._thread = threading.Thread(target=self._read, name="shelf", daemon=True)
        if shelf is not None:
            self._thread.start()

    def result(self, journal: JournalWriter) -> tuple[SharedRun, ...]:
        """Return them; an error is written to the journal."""
        if self._shelf is None:
            return ()
        self._thread.join(READ_SECONDS)
        if self._thread.is_alive():
            self._problem = _("no answer within {n} s.").format(n=round(READ_SECONDS))
        if self._problem:
            words = _("Could not read the run records next to the state: {reason}")
            journal.note(words.format(reason=self._problem))
            return ()
        return self._found

    def _read(self) -> None:
        assert self._shelf is not None
        try:
            # The successful plan held the lock itself, so no other run was in progress.
            self._found = self._shelf.others(())
        except ShelfProblem as problem:
            self._problem = problem.message


def _tidy(
    shelf: Shelf | None,
    shared: Sequence[SharedRun],
    missing: Sequence[Candidate],
    search: Search,
) -> None:
    """Remove from the records what is now in the state, or what was never created."""
    if shelf is None:
        return
    for record in shared:
        settled = record.updated_at and datetime.now(UTC) - record.updated_at >= SETTLED
        wanted = {it.address for it in missing if it.run == record.id} - (
            search.absent if settled else set()
        )
        kept = record.without({it.address for it in record.created} - wanted)
        # A remaining object does no harm; its errors are reported elsewhere.
        with contextlib.suppress(ShelfProblem):
            if not kept.created:
                shelf.delete(record.id)
            elif len(kept.created) < len(record.created):
                shelf.put(replace(kept, ended=True))


def _missing(
    run: Run,
    earlier: Sequence[Run | UnreadRun],
    shared: Sequence[SharedRun],
    environment: Mapping[str, str],
) -> tuple[Candidate, ...] | None:
    """Return what is missing from the state; None if the state can't be read."""
    # The journals are read before the state: usually the state is then not needed.
    others = [it for it in earlier if it.id != run.id]
    if not candidates(others, NOTHING) and not any(it.created for it in shared):
        return ()
    try:
        state = read_state(run.directory, environment)
        return with_shared(candidates(others, state), shared, state)
    except StateProblem:
        if run.only_bring_back:
            raise
        # Terraform's own plan reports why.
        return None


def _with_imports(
    run: Run,
    missing: Sequence[Candidate],
    journal: JournalWriter,
    planner: Planner,
    search: Search,
    code: int,
    connect: Callable[[str | None, str], Account],
) -> int:
    show = planner.show()
    if show is None:
        return code
    account = connect(run.profile, orphan_import.region_of(show))
    try:
        for _round in range(orphan_import.ROUNDS):
            if not orphan_import.search_more(search, missing, show, account):
                return code
            code = _plan_with(run, journal, planner, search)
            while code == FAILED and orphan_import.drop_gone(search, planner.events()):
                code = _plan_with(run, journal, planner, search)
            if code == FAILED or search.is_over(missing):
                return code
            show = planner.show() or show
        return code
    finally:
        account.close()


def _plan_with(
    run: Run, journal: JournalWriter, planner: Planner, search: Search, *, only: bool = False
) -> int:
    if not search.imports:
        return planner.plan(())
    targets = [f"-target={address}" for address in search.imports] if only else ()
    words = (
        _("Planning again, only to import: {names}.")
        if only
        else _("Planning again, with imports of: {names}.")
    )
    journal.note(words.format(names=", ".join(search.imports)))
    with orphan_import.import_file(run.directory, search.imports.values()):
        return planner.plan(targets)


def _remember_absent(
    missing: Sequence[Candidate], search: Search, earlier: Sequence[Run | UnreadRun]
) -> None:
    for run in earlier:
        if (
            isinstance(run, UnreadRun)
            or run.ended_at is None
            or datetime.now(UTC) - run.ended_at < SETTLED
        ):
            continue
        gone = [it.address for it in missing if it.run == run.id and it.address in search.absent]
        if gone:
            note_absent(run, gone)
