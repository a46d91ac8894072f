"""A snapshot of one run, read from its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpuecs_tui.call_options import with_call_options
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.atomic_files import parse_time, read_json
from gpuecs_tui.terraform.base.disk_space import full_folder
from gpuecs_tui.terraform.base.liveness import identify, is_alive
from gpuecs_tui.terraform.runs.directory_lock import is_held
from gpuecs_tui.terraform.runs.full_disk import FullDisk, full_disk
from gpuecs_tui.terraform.runs.interrupted_words import continue_remedy, destroy_again, plan_remedy
from gpuecs_tui.terraform.runs.journal import Recorded, RunFiles, recorded_of, refuse_irregular
from gpuecs_tui.terraform.runs.journal_tail import had_finished
from gpuecs_tui.terraform.runs.run_facts import (
    RecordProblem,
    RunFacts,
    check_types,
    is_text,
    read_facts,
    read_json_object,
)
from gpuecs_tui.terraform.runs.run_status import FINAL, WORKING, Operation, RunStatus
from gpuecs_tui.terraform.runs.stack_directory import DirectoryIdentity
from gpuecs_tui.terraform.runs.unread_run import UnreadRun, unread_run
from gpuecs_tui.terraform.state.environment import Origin

APPROVE, DISCARD = "approve", "discard"
"""The two decisions on a plan."""
_DECISION = ("decision", "by", "at", "reason", "credentials_end")
"""Every value of decision.json; all are texts."""
NO_CHANGES, HAS_CHANGES = 0, 2
"""Exit codes of ``plan -detailed-exitcode``; 1 is an error. Outputs alone are changes too."""


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    """The numbers of resources that a plan changes, as Terraform counts them."""

    add: int = 0
    change: int = 0
    destroy: int = 0
    imported: int = 0
    existing: int | None = field(default=None, compare=False)
    """Resources in the state before the plan, which Terraform refreshed; None: not recorded."""

    @property
    def only_creates(self) -> bool:
        """Tell whether the state was empty, so that the plan can't affect any resource."""
        others = self.change or self.destroy or self.imported
        return self.existing == 0 and self.add > 0 and not others

    @property
    def total(self) -> int:
        """Return the sum of all numbers."""
        return self.add + self.change + self.destroy + self.imported


@dataclass(frozen=True, slots=True)
class Run:
    """A snapshot of a run; ``refresh`` reads it again."""

    files: RunFiles
    id: str
    """Run ids sort by start time."""
    directory: Path
    """The stack's directory, links resolved."""
    inode: tuple[int, int] | None
    """Device and inode of that directory when it started."""
    token: str
    """The directory's mark, see stack_directory.py."""
    operation: Operation
    state: RunStatus
    """Derived from the record, the decision and the living processes."""
    started_at: datetime
    state_since: datetime
    """When that state began."""
    ended_at: datetime | None
    """When it reached a final state; for a lost run, when its journal was last written."""
    user: str
    """The user who started it."""
    host: str
    pid: int
    """Process id of its runner; 0 before the runner has started."""
    terraform_pid: int
    """Process id of the running Terraform; 0 if none runs."""
    plugin_dir: Path | None
    profile: str | None
    origin: Origin
    """Settings under which the plan was created."""
    changes: ChangeCounts | None
    """The counts of the plan; None until they are known."""
    returncode: int | None
    """Terraform's last exit code; negative for a signal."""
    message: str
    """One sentence about the result, or about what it waits for; may be empty."""
    remedy: str
    """The action to take; may be empty."""
    decided_by: str
    """``user@host`` that approved or discarded the plan; empty before."""
    only_bring_back: bool = False
    """It only imports what is missing from the state."""
    credentials_end: datetime | None = None
    """When the credentials that it was approved with expire; None if that is unknown."""
    full_disk: FullDisk | None = None
    """What a full disk means for it while it is in progress; None if the disk is not full."""

    @property
    def outlives_credentials(self) -> bool:
        """Tell whether its credentials have expired while it is still in progress."""
        return (
            self.is_live
            and self.credentials_end is not None
            and datetime.now(UTC) >= self.credentials_end
        )

    @property
    def plan_path(self) -> Path | None:
        """Return the saved plan, or None if it was deleted."""
        return self.files.plan if self.files.plan.exists() else None

    @property
    def is_live(self) -> bool:
        """Tell whether a process of it runs, or is about to start."""
        return self.state in WORKING or self.state is RunStatus.APPROVED

    @property
    def is_final(self) -> bool:
        """Tell whether its state is final."""
        return self.state in FINAL

    def read_history(self) -> tuple[Mapping[str, Any], ...]:
        """Return its recorded states, each with ``state`` and ``at``, the first one first."""
        return tuple((read_json(self.files.state) or {}).get("history") or ())

    def refresh(self) -> Run:
        """Return the run as it is now; unchanged if its folder was deleted."""
        return load_run(self.files.folder) or self


def load_run(folder: Path) -> Run | None:
    """Return the run in a folder, or None if there is none or it can't be read."""
    found = load_any(folder)
    return found if isinstance(found, Run) else None


def load_any(folder: Path, of: DirectoryIdentity | None = None) -> Run | UnreadRun | None:
    """Return the run in a folder, readable or not; None if there is none.

    With ``of``, only a run of that directory: a run of another directory is not read further.
    """
    files, facts = RunFiles(folder), None
    try:
        facts = read_facts(files.facts)
        if of is not None and not of.is_same(facts.directory, facts.inode, facts.token):
            return None
        refuse_irregular(files)
        recorded = recorded_of(files)
        run = _loaded(files, facts, recorded)
        # The process may have recorded the end, and exited, after the record was read.
        while run.state is RunStatus.LOST and (last := recorded_of(files)) != recorded:
            recorded, run = last, _loaded(files, facts, last)
        return run
    except FileNotFoundError:
        problem = _missing(files, facts)
    except RecordProblem as error:
        problem = error
    found = None if problem is None else unread_run(files, problem, facts)
    return found if found is not None and (of is None or found.is_of(of)) else None


def _missing(files: RunFiles, facts: RunFacts | None) -> RecordProblem | None:
    """Return the file of a run that is missing; None if no run has been recorded there yet.

    The files of a new run are written in this order: run.json, state.json, the journal. A run that
    is being created, or whose creation was killed, has only the first of them.
    """
    if facts is None and (files.state.exists() or files.journal.exists()):
        return RecordProblem(files.facts, _("the file is missing"))
    if facts is not None and files.journal.exists():
        return RecordProblem(files.state, _("the file is missing"))
    return None


def _loaded(files: RunFiles, facts: RunFacts, recorded: Recorded) -> Run:
    folder, directory = files.folder, facts.directory
    decision = _decision(files)
    state = derive(recorded, decision, directory)
    values, ending = recorded.values, recorded.values.get("exit") or {}
    since = _decided_at(decision) if state is not recorded.state else None
    since = since or parse_time(recorded.at) or _modified(folder)
    if state is RunStatus.LOST:
        since = _modified(files.journal)
        ending = _lost_ending(recorded, files, facts)
    full = full_disk(files, recorded, state)
    if full is not None:
        ending = {"message": full.message, "remedy": full.remedy}
    alive_child = recorded.child if state in WORKING and is_alive(recorded.child) else None
    return Run(
        files=files,
        id=folder.name,
        directory=directory,
        inode=facts.inode,
        token=facts.token,
        operation=facts.operation,
        state=state,
        started_at=facts.started_at or _modified(folder),
        state_since=since,
        ended_at=since if state in FINAL else None,
        user=facts.user,
        host=facts.host,
        pid=recorded.runner.pid if recorded.runner else 0,
        terraform_pid=alive_child.pid if alive_child else 0,
        plugin_dir=facts.plugin_dir,
        profile=facts.profile,
        origin=facts.origin,
        changes=ChangeCounts(**values["changes"]) if values.get("changes") else None,
        returncode=ending.get("returncode"),
        message=str(ending.get("message", "")) or str(decision.get("reason", "")),
        remedy=with_call_options(str(ending.get("remedy", ""))),
        decided_by=str(decision.get("by", "")),
        only_bring_back=facts.only_bring_back,
        credentials_end=parse_time(str(decision.get("credentials_end", ""))),
        full_disk=full,
    )


def derive(recorded: Recorded, decision: dict[str, Any], directory: Path) -> RunStatus:
    """Return the actual state of a run, which may be later than its recorded state.

    A decision on a plan takes effect when it is made. A working state without any living process is
    ``lost``; while Terraform is still running without its runner, the state is unchanged.
    """
    state = recorded.state
    if state is RunStatus.PLANNED:
        if decision.get("decision") == DISCARD:
            return RunStatus.DISCARDED
        if decision.get("decision") != APPROVE:
            return RunStatus.PLANNED
        state = RunStatus.APPROVED
    if state not in WORKING and state is not RunStatus.APPROVED:
        return state
    # A starter holds the lock until the runner has recorded itself. A process on another host can
    # only be checked through the lock.
    begun = recorded.runner if recorded.state is state else None
    if begun is None or begun.host != identify().host:
        return state if is_held(directory) else RunStatus.LOST
    return state if is_alive(begun) or is_alive(recorded.child) else RunStatus.LOST


def _lost_ending(recorded: Recorded, files: RunFiles, facts: RunFacts) -> dict[str, str]:
    """Return what the files show about a run whose processes have died."""
    operation, directory = facts.operation, facts.directory
    destroys = operation is Operation.DESTROY
    if recorded.state in (RunStatus.APPLYING, RunStatus.STOPPING):
        if had_finished(files.journal):
            return {
                "message": _(
                    "The runner process died, but Terraform had reported that all changes "
                    "were complete."
                ),
                "remedy": destroy_again(directory, _("That shows whether resources remain."))
                if destroys
                else _("Run a new plan to see whether changes remain."),
            }
        if destroys:
            changed = recorded.values.get("changed", "")
            died = _("The runner process died during the destroy.")
            message = f"{died} {changed}".rstrip()
        else:
            message = _("The runner process died during the apply.")
        return {
            "message": message,
            "remedy": continue_remedy(operation, directory),
        }
    if (full := full_folder(files.folder)) is not None:
        return {
            "message": _(
                "The disk of {folder} is full: the run could not be recorded. Nothing was changed."
            ).format(folder=full),
            "remedy": _("Free some space on that disk, then start the run again."),
        }
    if recorded.state not in (RunStatus.PLANNED, RunStatus.APPROVED):
        words = _("The runner process died before anything was changed.")
    elif destroys:
        words = _(
            "The plan was approved, but the runner process died before anything was destroyed."
        )
    else:
        words = _("The plan was approved, but the runner process died before anything was applied.")
    remedy = plan_remedy(operation, directory) if destroys else _("Start the run again.")
    return {"message": words, "remedy": remedy}


def _decision(files: RunFiles) -> dict[str, Any]:
    try:
        decision = read_json_object(files.decision)
    except FileNotFoundError:
        return {}
    check_types(files.decision, decision, dict.fromkeys(_DECISION, is_text))
    if decision.get("decision") not in (APPROVE, DISCARD):
        words = _("its decision is {decision!r}").format(decision=decision.get("decision"))
        raise RecordProblem(files.decision, words, newer="decision" in decision)
    return decision


def _decided_at(decision: dict[str, Any]) -> datetime | None:
    return parse_time(str(decision.get("at", "")))


def _modified(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return datetime.now(UTC)
