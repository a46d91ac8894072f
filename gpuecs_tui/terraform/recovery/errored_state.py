"""``errored.tfstate``: compared with the stored state, and pushed if the user requests it.

Terraform writes it if the backend rejects the state at the end of a run. Until it is pushed, the
stored state lacks the changes of that run, and another apply would fork the state.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.regular_files import read_regular, remedy_for
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.process import capture
from gpuecs_tui.terraform.base.tflock import ERRORED_NAME
from gpuecs_tui.terraform.engine.binary import find_engine
from gpuecs_tui.terraform.recovery import locks
from gpuecs_tui.terraform.recovery.damaged_state import errored_fault, recorded, recorded_words
from gpuecs_tui.terraform.runs.run_list import lock_directory
from gpuecs_tui.terraform.state.environment import child_environment
from gpuecs_tui.terraform.state.reader import engine_problem, first_error, read_state
from gpuecs_tui.terraform.state.stored_state import NotRead, StateProblem, StoredState, parse_state

PUSH_SECONDS = 120.0
"""Timeout for ``state push`` over a slow link; it takes 1 s on loopback (measured)."""


class UnreadableErroredState(StateProblem):
    """The errored state can't be read."""


class Verdict(StrEnum):
    """The result of a comparison with the stored state."""

    PUSH = "push"
    """It continues the stored state: pushing it loses nothing."""
    SAME = "same"
    """It is already stored."""
    OLDER = "older"
    """The stored state has changed since."""
    FOREIGN = "foreign"
    """It belongs to another state."""
    DAMAGED = "damaged"
    """It contains no valid state: nothing can be pushed."""
    UNKNOWN = "unknown"
    """One of the two can't be read."""


@dataclass(frozen=True, slots=True)
class Errored:
    """An errored.tfstate and its comparison with the stored state."""

    path: Path
    serial: int
    resources: int
    stored_serial: int
    verdict: Verdict
    sentence: str
    """A sentence that describes it, and the action to take."""


def compare(directory: Path, environ: Mapping[str, str] | None = None) -> Errored | None:
    """Return the errored state of ``directory`` compared with the stored one, None if none.

    A remote state is pulled by the engine, which takes a second.
    Raises Unreadable.
    """
    path = directory / ERRORED_NAME
    try:
        text = read_regular(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableErroredState(
            _("Could not read {path}: {reason}.").format(path=path, reason=error.strerror),
            remedy_for(path, error),
        ) from None
    if fault := errored_fault(text):
        words = _(
            "{name} {fault}: Terraform could not write the state there. Nothing in it can be "
            "pushed. {recorded}"
        ).format(
            name=ERRORED_NAME, fault=fault, recorded=recorded_words(_recorded(directory, environ))
        )
        return Errored(path, 0, 0, 0, Verdict.DAMAGED, words)
    try:
        ours, stored = parse_state(text, str(path)), read_state(directory, environ)
    except StateProblem as problem:
        return Errored(path, 0, 0, 0, Verdict.UNKNOWN, str(problem))
    verdict = _verdict(ours, stored)
    return Errored(
        path,
        ours.serial,
        len(ours.resources),
        stored.serial,
        verdict,
        _sentence(verdict, ours, stored),
    )


def _recorded(directory: Path, environ: Mapping[str, str] | None) -> int:
    """Return the number of resources that runs of ``directory`` created and the stored state
    lacks."""
    if not recorded(directory, None):
        return 0
    try:
        return recorded(directory, read_state(directory, environ))
    except StateProblem:
        return recorded(directory, None)


def push(directory: Path, environ: Mapping[str, str] | None = None) -> Path:
    """Store the errored state of ``directory`` and return the new path of the file.

    Blocks for some seconds. Raises StateProblem if it does not continue the stored state or can't
    be stored (the file is unchanged), DirectoryBusy during a run there.
    """
    environment = dict(os.environ if environ is None else environ)
    guard = lock_directory(directory)
    try:
        found = compare(directory, environment)
        if found is None:
            raise StateProblem(
                _("{path} does not contain {name}.").format(name=ERRORED_NAME, path=directory)
            )
        if found.verdict is Verdict.DAMAGED:
            raise StateProblem(found.sentence, restore_remedy(directory))
        if found.verdict not in (Verdict.PUSH, Verdict.SAME):
            raise StateProblem(found.sentence)
        if found.verdict is Verdict.PUSH:
            _refuse_locked(directory, environment)
            _push(directory, found, environment)
        return _set_aside(found.path)
    finally:
        guard.release()


def restore_remedy(directory: Path) -> str:
    """Return the command that renames a damaged errored.tfstate."""
    return _("To rename the damaged file: gpuecs-tui state {directory} --restore --yes").format(
        directory=shell_word(directory)
    )


def _refuse_locked(directory: Path, environ: Mapping[str, str]) -> None:
    held = locks.held_lock(directory, environ)
    if held is not None and held.stops:
        raise StateProblem(
            _("Could not store the state: it is locked by {who}.").format(who=held.who),
            _("Release the lock first: gpuecs-tui state {directory} --unlock {id}").format(
                directory=shell_word(directory), id=shell_word(held.id)
            ),
        )


def _push(directory: Path, found: Errored, environ: Mapping[str, str]) -> None:
    variables = child_environment(environ).variables
    done = capture(
        [str(find_engine(variables, directory).path), "state", "push", "-no-color", ERRORED_NAME],
        cwd=directory,
        environment=variables,
        timeout=PUSH_SECONDS,
    )
    if done.returncode != 0:
        known = engine_problem(done.stderr, "")
        if isinstance(known, NotRead):
            raise known
        raise StateProblem(
            _("Could not store the state: {reason}").format(reason=first_error(done.stderr)),
            _("{path} is unchanged. Repair the backend, then try again.").format(path=found.path),
        )
    stored = read_state(directory, environ)
    if stored.serial < found.serial or len(stored.resources) != found.resources:
        raise StateProblem(
            _("The stored state is not the state that was pushed: its serial is {serial}.").format(
                serial=stored.serial
            ),
            _("{path} is unchanged.").format(path=found.path),
        )


def _set_aside(path: Path) -> Path:
    kept = path.with_name(f"{path.name}.pushed-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    try:
        path.rename(kept)
    except OSError as error:
        raise StateProblem(
            _("The state is stored, but {path} could not be renamed: {reason}.").format(
                path=path, reason=error.strerror
            ),
            _("Move that file to another place. Otherwise gpuecs-tui offers to push it again."),
        ) from None
    return kept


def _verdict(ours: StoredState, stored: StoredState) -> Verdict:
    if not ours.lineage:
        # The first state of a directory, never stored in the backend: it has serial 0 and no
        # lineage yet, like the state pulled from an empty backend.
        if not stored.lineage and not stored.resources:
            return Verdict.PUSH
        known = {(it.address, it.id) for it in stored.resources}
        has_all = all((it.address, it.id) in known for it in ours.resources)
        return Verdict.SAME if has_all else Verdict.OLDER
    if stored.lineage and ours.lineage != stored.lineage:
        return Verdict.FOREIGN
    if ours.serial < stored.serial:
        return Verdict.OLDER
    if ours.serial == stored.serial:
        # With equal serial and lineage, only equal content is the same state.
        return Verdict.SAME if ours.resources == stored.resources else Verdict.OLDER
    return Verdict.PUSH


def _sentence(verdict: Verdict, ours: StoredState, stored: StoredState) -> str:
    match verdict:
        case Verdict.PUSH:
            count = len(ours.resources)
            words = ngettext(
                "{name} is newer than the stored state (serial {ours} after {stored}) and "
                "contains {n} resource. Push it before you do anything else.",
                "{name} is newer than the stored state (serial {ours} after {stored}) and "
                "contains {n} resources. Push it before you do anything else.",
                count,
            )
        case Verdict.SAME:
            count, words = (
                0,
                _("The state in {name} is already stored. The file only has to be renamed."),
            )
        case Verdict.OLDER:
            count, words = (
                0,
                _(
                    "{name} (serial {ours}) does not follow the stored state (serial "
                    "{stored}), which has changed since. Pushing it would lose those "
                    "changes. Compare both by hand."
                ),
            )
        case Verdict.FOREIGN:
            count, words = (
                0,
                _(
                    "{name} belongs to another state (its lineage differs), so it is not "
                    "pushed. Find the stack that it belongs to, and move it there."
                ),
            )
        case Verdict.DAMAGED | Verdict.UNKNOWN:
            count, words = 0, ""
    return words.format(name=ERRORED_NAME, ours=ours.serial, stored=stored.serial, n=count)
