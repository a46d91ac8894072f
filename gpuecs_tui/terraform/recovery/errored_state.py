"""``errored.tfstate``: compared with what is stored, and pushed when somebody says so.

Terraform writes it when its backend refuses the state at the end of a run. Until it is pushed the
stored state misses what that run did, and another apply would fork it.
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
"""For ``state push`` over a slow link; measured 1 s on loopback."""


class Unreadable(StateProblem):
    """Whether there is an errored state, or what it holds, can't be found out."""


class Verdict(StrEnum):
    """What a comparison with the stored state says."""

    PUSH = "push"
    """It continues the stored state: pushing it loses nothing."""
    SAME = "same"
    """It is stored already."""
    OLDER = "older"
    """The stored state has gone on without it."""
    FOREIGN = "foreign"
    """It is another state's."""
    DAMAGED = "damaged"
    """It holds no state: nothing of it can be pushed."""
    UNKNOWN = "unknown"
    """One of the two can't be read."""


@dataclass(frozen=True, slots=True)
class Errored:
    """An errored.tfstate beside the state that it should have become."""

    path: Path
    serial: int
    resources: int
    stored_serial: int
    verdict: Verdict
    sentence: str
    """What it is and what can be done."""


def compare(directory: Path, environ: Mapping[str, str] | None = None) -> Errored | None:
    """Return the errored state of ``directory`` compared with the stored one, None if none.

    With state elsewhere than in the directory the engine is asked for it, which takes a second.
    Raises Unreadable.
    """
    path = directory / ERRORED_NAME
    try:
        text = read_regular(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unreadable(
            _("{path} can't be read: {reason}.").format(path=path, reason=error.strerror),
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
    """Return how many resources runs of ``directory`` created and the stored state lacks."""
    if not recorded(directory, None):
        return 0
    try:
        return recorded(directory, read_state(directory, environ))
    except StateProblem:
        return recorded(directory, None)


def push(directory: Path, environ: Mapping[str, str] | None = None) -> Path:
    """Store the errored state of ``directory`` and return where the file is kept from then on.

    Blocks for some seconds. Raises StateProblem when it doesn't continue the stored state or can't
    be stored (the file stays as it is), DirectoryBusy while a run works there.
    """
    environment = dict(os.environ if environ is None else environ)
    guard = lock_directory(directory)
    try:
        found = compare(directory, environment)
        if found is None:
            raise StateProblem(
                _("There is no {name} in {path}.").format(name=ERRORED_NAME, path=directory)
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
    """Return the command that moves a damaged errored.tfstate out of the way."""
    return _("To move it aside: gpuecs-tui state {directory} --restore").format(directory=directory)


def _refuse_locked(directory: Path, environ: Mapping[str, str]) -> None:
    held = locks.held_lock(directory, environ)
    if held is not None and held.stops:
        raise StateProblem(
            _("The state is locked by {who}: nothing can be stored.").format(who=held.who),
            _("Release the lock first: gpuecs-tui state {directory} --unlock {id}").format(
                directory=directory, id=held.id
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
            _("The state could not be stored: {reason}").format(reason=first_error(done.stderr)),
            _("{path} is kept as it is. Repair the backend, then try again.").format(
                path=found.path
            ),
        )
    stored = read_state(directory, environ)
    if stored.serial < found.serial or len(stored.resources) != found.resources:
        raise StateProblem(
            _("The stored state is not what was pushed: it is number {serial}.").format(
                serial=stored.serial
            ),
            _("{path} is kept as it is.").format(path=found.path),
        )


def _set_aside(path: Path) -> Path:
    kept = path.with_name(f"{path.name}.pushed-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    try:
        path.rename(kept)
    except OSError as error:
        raise StateProblem(
            _("It is stored, but {path} can't be renamed: {reason}.").format(
                path=path, reason=error.strerror
            ),
            _("Move it away yourself, or it will be offered again."),
        ) from None
    return kept


def _verdict(ours: StoredState, stored: StoredState) -> Verdict:
    if not ours.lineage:
        # The first state of a directory, which the backend never took: it has number 0 and no
        # origin yet, as what is pulled from a backend that holds nothing.
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
        # Of one number and origin only the same content may be taken for the same.
        return Verdict.SAME if ours.resources == stored.resources else Verdict.OLDER
    return Verdict.PUSH


def _sentence(verdict: Verdict, ours: StoredState, stored: StoredState) -> str:
    match verdict:
        case Verdict.PUSH:
            count = len(ours.resources)
            words = ngettext(
                "{name} is newer than the stored state (number {ours} after {stored}) and knows "
                "{n} resource: push it before anything else.",
                "{name} is newer than the stored state (number {ours} after {stored}) and knows "
                "{n} resources: push it before anything else.",
                count,
            )
        case Verdict.SAME:
            count, words = 0, _("{name} is stored already: it only has to be put aside.")
        case Verdict.OLDER:
            count, words = (
                0,
                _(
                    "{name} (number {ours}) does not follow the stored state (number {stored}), "
                    "which has changed since: pushing it would lose that. Compare them by hand."
                ),
            )
        case Verdict.FOREIGN:
            count, words = (
                0,
                _(
                    "{name} belongs to another state (its lineage differs): it is not pushed. "
                    "Look whose it is, and move it there."
                ),
            )
        case Verdict.DAMAGED | Verdict.UNKNOWN:
            count, words = 0, ""
    return words.format(name=ERRORED_NAME, ours=ours.serial, stored=stored.serial, n=count)
