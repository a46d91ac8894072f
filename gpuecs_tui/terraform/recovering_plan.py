"""The planning of a run, with what earlier runs lost brought back (see bring_back.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform import bring_back, errored
from gpuecs_tui.terraform.bring_back import Account, Search
from gpuecs_tui.terraform.candidates import Candidate, candidates, note_absent
from gpuecs_tui.terraform.errored import Verdict
from gpuecs_tui.terraform.events import Event
from gpuecs_tui.terraform.journal import JournalWriter
from gpuecs_tui.terraform.problems import RunProblem
from gpuecs_tui.terraform.run import Run
from gpuecs_tui.terraform.states import Operation
from gpuecs_tui.terraform.stored_state import NOTHING, StateProblem, read_state
from gpuecs_tui.terraform.unread_run import UnreadRun

NO_CHANGES, FAILED = 0, 1
"""Exit codes of ``plan -detailed-exitcode``; 2 is a plan with changes."""
_DESTROY = ("-destroy",)
SETTLED = timedelta(minutes=2)
"""After a run's end: a create that was cut off here goes on at AWS for some seconds, so what is not
there sooner may still come, and is looked for again."""


@dataclass(frozen=True, slots=True)
class Planner:
    """How the runner plans; every call runs Terraform to its end."""

    plan: Callable[[Sequence[str]], int]
    """Plans with further options of ``terraform plan`` and returns the exit code."""
    events: Callable[[], Sequence[Event]]
    """The events of the last plan."""
    show: Callable[[], Mapping[str, Any] | None]
    """``show -json`` of the last plan, sensitive values in clear; None where it failed."""


def plan(
    run: Run,
    earlier: Sequence[Run | UnreadRun],
    environment: Mapping[str, str],
    journal: JournalWriter,
    planner: Planner,
    connect: Callable[[str | None, str], Account] = Account,
) -> int:
    """Plan ``run``, importing what ``earlier`` runs created and the state lacks.

    Without anything like that it is one plan. Returns its exit code; a failure is that of the last
    plan. Raises RunProblem for a destroy that would leave something behind, and where
    errored.tfstate must be pushed before anything is changed.
    """
    destroys = run.operation is Operation.DESTROY
    bring_back.clear_leftover(run.directory)
    _refuse_fork(run, environment, journal)
    missing = _missing(run, earlier, environment)
    if not missing:
        return NO_CHANGES if run.only_bring_back else planner.plan(_DESTROY if destroys else ())
    words = ngettext(
        "An earlier run may have created {n} resource that the state lacks: looking for it…",
        "An earlier run may have created {n} resources that the state lacks: looking for them…",
        len(missing),
    )
    journal.note(words.format(n=len(missing)), "warn")
    # A destroy plans as an apply first: only that tells what is missing by which name.
    code = planner.plan(())
    search = Search()
    if code != FAILED:
        code = _with_imports(run, missing, journal, planner, search, code, connect)
    if code == FAILED:
        return code
    _remember_absent(missing, search, earlier)
    for sentence in search.unclear.values():
        journal.note(sentence, "warn")
    if run.only_bring_back:
        return (
            _plan_with(run, journal, planner, search, only=True) if search.imports else NO_CHANGES
        )
    if not destroys:
        return code
    if search.imports:
        raise bring_back.left_behind(run.directory, sorted(search.imports))
    return planner.plan(_DESTROY)


def _refuse_fork(run: Run, environment: Mapping[str, str], journal: JournalWriter) -> None:
    found = errored.compare(run.directory, environment)
    if found is None:
        return
    if run.operation is Operation.PLAN or found.verdict is not Verdict.PUSH:
        remedy = errored.restore_remedy(run.directory) if found.verdict is Verdict.DAMAGED else ""
        journal.note(f"{found.sentence} {remedy}".strip(), "warn")
        return
    raise RunProblem(
        found.sentence,
        _("Run: gpuecs-tui state {directory} --push").format(directory=run.directory),
    )


def _missing(
    run: Run, earlier: Sequence[Run | UnreadRun], environment: Mapping[str, str]
) -> tuple[Candidate, ...]:
    # Journals are read before the state: mostly there is nothing to ask it about.
    others = [it for it in earlier if it.id != run.id]
    if not candidates(others, NOTHING):
        return ()
    try:
        return candidates(others, read_state(run.directory, environment))
    except StateProblem:
        if run.only_bring_back:
            raise
        # Terraform's own plan will say why.
        return ()


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
    account = connect(run.profile, bring_back.region_of(show))
    try:
        for _round in range(bring_back.ROUNDS):
            if not bring_back.search_more(search, missing, show, account):
                return code
            code = _plan_with(run, journal, planner, search)
            while code == FAILED and bring_back.drop_gone(search, planner.events()):
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
        _("Planning again, now nothing but to bring back: {names}.")
        if only
        else _("Planning again, with these brought back into the state: {names}.")
    )
    journal.note(words.format(names=", ".join(search.imports)))
    with bring_back.import_file(run.directory, search.imports.values()):
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
