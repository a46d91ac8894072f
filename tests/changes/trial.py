"""Tries one change: its plan, its effect on users, apply, second plan, and the change back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gpuecs_tui.terraform.plan.details import DESTRUCTIVE, Action, PlanTree
from gpuecs_tui.terraform.plan.details import ResourceChange as PlannedChange
from gpuecs_tui.terraform.plan.notices import notices
from gpuecs_tui.terraform.plan.words import full_words, warnings
from tests.changes.declared import REFUSED, Change
from tests.changes.notice import OUTAGES, noticed
from tests.changes.worker import CHANGES, NO_CHANGES, Failed, Worker

WORKS = "works"
WORKS_SAID = "works; the plan says it first"
REFUSED_FIRST = "refused before the plan, with what to do"
FAULT = "FAULT"


@dataclass
class Row:
    """A row of the table."""

    name: str
    key: str
    plan: list[str] = field(default_factory=list)
    """The effect of the plan on each resource."""
    notices: list[str] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    """The product's own warnings and notices about the plan, as shown before the approval."""
    verdict: str = ""
    problem: str = ""
    """Why the verdict is FAULT; for a refusal, the sentence of the product."""

    def as_json(self) -> str:
        """Return the row as one line."""
        return json.dumps(asdict(self), ensure_ascii=False)


def read_row(file: Path) -> Row:
    """Return the row in ``file``."""
    return Row(**json.loads(file.read_text("utf-8")))


@dataclass
class Trial:
    """A change whose plan is known."""

    change: Change
    row: Row
    planned: PlanTree | None = None


def refuse(worker: Worker, change: Change) -> Row:
    """Try a change that must be refused before any plan."""
    row = Row(change.name, change.key)
    try:
        worker.settle(change.given)
        try:
            worker.write_changed(change)
            # A mirror that was only found would leave the registry to look for a later provider.
            named = worker.named_mirror()
            worker.product(*named, "plan", str(worker.directory), ok=(NO_CHANGES, CHANGES))
        except Failed as refusal:
            row.problem = str(refusal)
            row.verdict = REFUSED_FIRST if REFUSED[change.key] in row.problem else FAULT
        else:
            row.verdict, row.problem = FAULT, "a plan was made"
    except Failed as error:
        row.verdict, row.problem = FAULT, f"the stack could not be applied: {error}"
    return row


def look(worker: Worker, change: Change) -> Trial:
    """Plan a change on the applied stack, without carrying it out."""
    row = Row(change.name, change.key)
    try:
        worker.write_changed(change)
        planned = worker.plan()
    except Failed as error:
        row.verdict, row.problem = FAULT, f"plan: {error}"
        return Trial(change, row)
    row.plan = list(in_short(planned.changes))
    row.notices = list(noticed(planned))
    row.says = [full_words(it) for it in (*warnings(planned), *notices(planned))]
    return Trial(change, row, planned)


def batches(trials: Iterable[Trial]) -> list[list[Trial]]:
    """Combine trials whose plans change different resources and destroy nothing."""
    packed: list[tuple[set[str], list[Trial]]] = []
    alone: list[list[Trial]] = []
    for trial in trials:
        if trial.planned is None:
            continue
        destroys = any(it.action in DESTRUCTIVE for it in trial.planned.changes)
        if destroys or trial.change.along:
            alone.append([trial])
            continue
        mine = set(changed_by(trial.planned))
        for taken, members in packed:
            if not taken & mine:
                taken |= mine
                members.append(trial)
                break
        else:
            packed.append((mine, [trial]))
    return [members for _taken, members in packed] + alone


def changed_by(plan: PlanTree) -> frozenset[str]:
    """Return the addresses of the resources that a plan changes."""
    return frozenset(it.address for it in plan.changes if it.action is not Action.NO_OP)


def carry_out(worker: Worker, batch: Sequence[Trial]) -> bool:
    """Apply the changes of a batch together, check that nothing remains to change, and apply them
    back; False if any failed.

    Sets the verdict of the rows. If a batch of several changes fails, it is unknown which of them
    failed: they must then be tried one by one.
    """
    given = batch[0].change.given
    step = "the stack before it"
    try:
        worker.settle(given)
        step = "apply"
        worker.write_changed(*(trial.change for trial in batch))
        worker.apply()
        step = "second plan"
        if not worker.is_done():
            raise Failed("isn't empty")
        step = "way back"
        worker.write(given)
        worker.apply()
        if not worker.is_done():
            raise Failed("leaves a plan that isn't empty")
        worker.settled(given)
    except Failed as error:
        # Whatever remains of the batch, the next one starts with a new account.
        worker.close()
        for trial in batch:
            trial.row.verdict, trial.row.problem = FAULT, f"{step}: {error}"
        return False
    for trial in batch:
        row = trial.row
        row.problem = ""
        row.verdict = WORKS_SAID if row.says else WORKS
        if not row.says and any(line.startswith(OUTAGES) for line in row.notices):
            row.verdict, row.problem = FAULT, "users notice it, and the plan doesn't say so"
    return True


def in_short(changes: Iterable[PlannedChange]) -> Iterable[str]:
    """Return for each resource what happens to it, including the order of a replacement."""
    for change in changes:
        if change.action is Action.REPLACE:
            order = "new first" if change.create_first else "old first"
            yield f"{change.address} replaced ({order})"
        elif change.action is Action.UPDATE:
            yield f"{change.address} in place"
        elif change.action is Action.NO_OP:
            yield f"{change.previous_address} is {change.address} now"
        else:
            yield f"{change.address} {_DONE[change.action]}"


_DONE = {
    Action.CREATE: "created",
    Action.DELETE: "deleted",
    Action.READ: "read",
    Action.FORGET: "forgotten",
    Action.IMPORT: "imported",
}


def is_refused(change: Change) -> bool:
    """Whether the program must refuse the change before any plan."""
    return change.key in REFUSED
