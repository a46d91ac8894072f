"""Makes the calls that precede Terraform's own destroy, as the approval listed them."""

from __future__ import annotations

from collections.abc import Mapping

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.plan.details import load_plan
from gpuecs_tui.terraform.runner.endings import Endings
from gpuecs_tui.terraform.runner.supervise import Supervisor
from gpuecs_tui.terraform.runs.journal import JournalWriter
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.teardown.steps import Step, StopTasks, SuspendScaling, steps_of


def before_destroy(
    run: Run,
    journal: JournalWriter,
    supervisor: Supervisor,
    endings: Endings,
    environment: Mapping[str, str],
) -> None:
    """Carry out the steps before the destroy of ``run``; all of them are in its journal.

    ``environment``: that of Terraform. Raises Ended if a cancel was requested, or if the state is
    locked. Without the plan's details no step was shown, so none is carried out.
    """
    tree = load_plan(run)
    if tree is None:
        words = _(
            "The details of the plan could not be read, so no task is stopped before Terraform "
            "destroys. Terraform stops the tasks itself."
        )
        journal.note(words, "warn")
        return
    steps = steps_of(run, tree)
    if not steps:
        return
    # Imported late: only a stack with a service or a group needs them.
    from gpuecs_tui.terraform.teardown.carry_out import Stopped, Teardown
    from gpuecs_tui.terraform.teardown.present_state import is_of_present_state

    if not is_of_present_state(run.files.plan, run.directory):
        words = _(
            "The state is not the one of the plan, or could not be read, so no task is stopped "
            "before Terraform checks the plan."
        )
        journal.note(words, "warn")
        return

    if not _is_unlocked(run, journal, endings, environment):
        return

    def note(text: str, level: str) -> None:
        journal.note(text, level)
        journal.sync()

    teardown = Teardown(run.directory, run.profile, note, supervisor.is_cancelled, supervisor.pause)
    endings.record_changed(_possible(steps))
    try:
        teardown.carry_out(steps)
    except Stopped as stopped:
        endings.end_before_destroy(str(stopped))
    finally:
        endings.changed = " ".join(teardown.changed)
    endings.record_changed(endings.changed)


def _possible(steps: tuple[Step, ...]) -> str:
    """Return what ``steps`` may have changed if the runner is killed meanwhile, one sentence."""
    stops = any(isinstance(it, StopTasks) for it in steps)
    suspends = any(isinstance(it, SuspendScaling) for it in steps)
    if stops and suspends:
        return _(
            "The service may run no task and task scaling may be suspended: see the log of the run."
        )
    if stops:
        return _("The service may run no task: see the log of the run.")
    if suspends:
        return _("Task scaling may be suspended: see the log of the run.")
    return _("Instances may no longer be protected from scale-in: see the log of the run.")


def _is_unlocked(
    run: Run, journal: JournalWriter, endings: Endings, environment: Mapping[str, str]
) -> bool:
    """Return whether Terraform can lock the state. Raises Ended if another operation holds it.

    False if the lock is not read, or could not be: then Terraform decides, before anything has
    changed.
    """
    from gpuecs_tui.terraform.recovery.lock_words import lock_sentence, release_advice
    from gpuecs_tui.terraform.recovery.locks import LockProblem, held_lock, unread_lock

    try:
        lock = held_lock(run.directory, environment, guarded=True)
        unread = unread_lock(run.directory, environment) if lock is None else ""
    except LockProblem as problem:
        words = _("{problem} So no task is stopped before Terraform locks the state.")
        journal.note(words.format(problem=problem.message), "warn")
        return False
    if unread:
        words = _("{problem} No task is stopped before Terraform locks the state.")
        journal.note(words.format(problem=unread), "warn")
        return False
    if lock is not None and lock.stops:
        endings.end_locked(lock_sentence(lock), release_advice(run.directory, lock))
    return True
