"""Check the result of a fault from outside: the facts, and whether the product reports them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.recovery import damaged_state, locks
from gpuecs_tui.terraform.recovery import errored_state as errored
from gpuecs_tui.terraform.recovery.errored_state import Verdict
from gpuecs_tui.terraform.recovery.held_lock import HolderStatus
from gpuecs_tui.terraform.recovery.remedies import Recovery, examine
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.orphan_candidates import Candidate
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.chaos.inventory import STATE_NAME, Account, Thing, addresses_of, known_by, read_if_there

LOCAL_LOCK = ".terraform.tfstate.lock.info"
ERRORED = "errored.tfstate"
_RESOURCE = re.compile(r'^resource "([^"]+)" "([^"]+)"', re.MULTILINE)
_SUMMARY = re.compile(r'"operation":"(apply|destroy)"[^\n]*"type":"change_summary"')
_NOTHING_DONE = "before anything was changed"
_ALL_DONE = "Terraform had reported that all changes were complete"


@dataclass(slots=True)
class Left:
    """The results of a run."""

    problems: list[str] = field(default_factory=list)
    offered: int = 0
    """Resources that are missing from every state and that the product offers to import."""
    doubled: set[Thing] = field(default_factory=set)
    """Task definitions that were registered twice, see ``_doubled``."""


class Judge:
    """Compares the account, the state and the messages of the product for one stack."""

    def __init__(self, stack: Path, account: Account, key: str, bucket: str) -> None:
        self.stack, self.account, self.key, self.bucket = stack, account, key, bucket

    def look(self, run: Run, things: set[Thing], before: set[Thing]) -> Left:
        """Judge the end of ``run``; ``things`` are in the account now, ``before`` were there before
        it."""
        left, found = Left(), examine(self.stack)
        if found.broken is not None:
            # Until that is done, the product knows nothing else; its message is judged below.
            damaged_state.restore(self.stack)
            found = examine(self.stack)
        left.problems += (*found.problems, *found.unknown)
        left.problems += self._verdict(run, things, before)
        left.problems += self._locks(found)
        errored_state = read_if_there(self.stack / ERRORED)
        if errored_state is not None and found.errored is None:
            left.problems.append("errored.tfstate lies there and nobody says so")
        known = known_by(self.state()) | known_by(errored_state)
        unknown = {it for it in things if it.id not in known}
        left.doubled = _doubled(unknown, known)
        unknown -= left.doubled
        forgotten = _not_offered(unknown, found.missing)
        left.offered = len(unknown) - len(forgotten)
        if forgotten:
            left.problems.append(f"nobody knows {', '.join(map(_name, sorted(forgotten)))}")
        return left

    def mend(self) -> list[str]:
        """Use the remedies of the product: release a stale lock, push a state that was not
        stored."""
        problems = []
        found = examine(self.stack)
        try:
            if found.lock is not None and found.lock.stops:
                locks.unlock(self.stack, found.lock.id)
            if found.errored is not None and found.errored.verdict in (Verdict.PUSH, Verdict.SAME):
                errored.push(self.stack)
        except TerraformProblem as problem:
            problems.append(f"can't be mended: {problem}")
        return problems

    def is_clean(self, things: set[Thing]) -> list[str]:
        """Return the problems that remain after an apply has converged."""
        problems = examine(self.stack).sentences()
        known = known_by(self.state())
        if strange := {it for it in things if it.id not in known}:
            names = ", ".join(map(_name, sorted(strange)))
            problems.append(f"after the next apply the state lacks {names}")
        return problems

    def state(self) -> bytes | None:
        """Return the stored state."""
        if self.key:
            return self.account.object(self.bucket, self.key)
        return read_if_there(self.stack / STATE_NAME)

    def _verdict(self, run: Run, things: set[Thing], before: set[Thing]) -> list[str]:
        journal = run.files.journal.read_text("utf-8", "replace")
        finished = _SUMMARY.search(journal) is not None
        wrong = []
        if "Two interrupts received" in journal:
            wrong.append("Terraform was interrupted twice")
        succeeded = run.state is RunStatus.SUCCEEDED
        lacks = self._configured() - addresses_of(self.state())
        if succeeded and run.operation == "apply" and lacks:
            wrong.append(f"it succeeded without {', '.join(sorted(lacks))}")
        if succeeded and run.operation == "destroy" and things:
            wrong.append(f"it succeeded and left {', '.join(map(_name, sorted(things)))}")
        # Only errors after the summary explain a result that contradicts the summary.
        explained = '"severity":"error"' in journal or run.returncode not in (0, None)
        if run.state in (RunStatus.FAILED, RunStatus.CANCELLED) and finished and not explained:
            wrong.append(f"it is {run.state} although Terraform did everything")
        if run.state is RunStatus.LOST and finished and _ALL_DONE not in run.message:
            wrong.append("it is lost and doesn't say that Terraform did everything")
        untouched = _NOTHING_DONE in run.message or run.state is RunStatus.PLANNED
        if untouched and things != before:
            wrong.append(f"it is {run.state} ({run.message}) and things have changed")
        if run_list.live_run(self.stack) is not None:
            wrong.append("another run is at work")
        return wrong

    def _locks(self, found: Recovery) -> list[str]:
        if self.key:
            held = self.account.object(self.bucket, f"{self.key}.tflock")
        else:
            held = read_if_there(self.stack / LOCAL_LOCK)
        if held is None:
            return [] if found.lock is None else ["a lock is told of that isn't there"]
        if found.lock is None:
            return ["a lock without an owner is not told of"]
        wrong = []
        if found.lock.id != json.loads(held)["ID"]:
            wrong.append("the lock that is told of is another one")
        if found.lock.holder is not HolderStatus.DEAD:
            wrong.append(f"the dead owner of a lock is said to be {found.lock.holder}")
        return wrong

    def _configured(self) -> set[str]:
        text = "\n".join(path.read_text("utf-8") for path in self.stack.glob("*.tf"))
        return {f"{type_}.{name}" for type_, name in _RESOURCE.findall(text)}


def _not_offered(unknown: Iterable[Thing], missing: Iterable[Candidate]) -> set[Thing]:
    """Return the unknown resources without an offer; an offer without id covers any of its type."""
    certain = {it.id for it in missing if it.certain}
    by_type = [it.type for it in missing]
    forgotten = set()
    for thing in unknown:
        if thing.id in certain and thing.type in by_type:
            by_type.remove(thing.type)
            continue
        if thing.type in by_type:
            by_type.remove(thing.type)
        else:
            forgotten.add(thing)
    return forgotten


def _doubled(unknown: Iterable[Thing], known: set[str]) -> set[Thing]:
    """Return revisions of task definitions of which the state has another revision.

    A registration has no token that makes a repeated call harmless. If the response is lost, the
    provider's second call registers another revision, and nothing refers to the first one.
    """
    families = {it.rpartition(":")[0] for it in known if ":task-definition/" in it}
    return {
        it
        for it in unknown
        if it.type == "aws_ecs_task_definition" and it.id.rpartition(":")[0] in families
    }


def _name(thing: Thing) -> str:
    return f"{thing.type} {thing.id}"
