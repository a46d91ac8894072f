"""The process of one move: ``python -m gpuecs_tui.terraform.migration.process FOLDER LOCK_FD``.

It copies the state, runs Terraform to move it, and then reads the target to verify the move.
Neither this process nor its Terraform has a terminal. Terraform holds the directory's lock as well:
if this process is killed, no run starts in the directory before Terraform has ended.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.terraform.base.atomic_files import now, read_json, write_private
from gpuecs_tui.terraform.base.liveness import identify
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.base.process import spawn
from gpuecs_tui.terraform.engine.binary import find_engine
from gpuecs_tui.terraform.engine.diagnosis import diagnose
from gpuecs_tui.terraform.engine.events import Diagnostic
from gpuecs_tui.terraform.engine.init_needed import locked_providers, remember_init
from gpuecs_tui.terraform.engine.mirror import PROVIDER, find_mirror
from gpuecs_tui.terraform.migration import lifecycle
from gpuecs_tui.terraform.migration.locks import clear_own_lock
from gpuecs_tui.terraform.migration.moved_marker import put_moved, read_moved, remove_moved
from gpuecs_tui.terraform.migration.record import Migration, Phase, load_migration, note
from gpuecs_tui.terraform.migration.refusals import (
    MigrationProblem,
    adopted_state,
    other_state,
    selected_without_state,
)
from gpuecs_tui.terraform.runs.directory_lock import DirectoryLock
from gpuecs_tui.terraform.state.backend import DEFAULT, LOCAL, S3, workspace
from gpuecs_tui.terraform.state.content import (
    Content,
    PlaceProblem,
    read_place,
    resource_count,
    serial_and_lineage,
    state_content,
    workspaces_at,
)
from gpuecs_tui.terraform.state.location import (
    StateLocation,
    backend_options,
    configured_backend,
    initialised_backend,
    pending_change,
)
from gpuecs_tui.terraform.state.reader import first_error

_USAGE = 64
"""EX_USAGE of sysexits(3)."""
_TOLD = ("state-locked", "access-denied", "credentials", "bucket-missing")
"""Kinds of failures whose message is complete, without Terraform's exit code."""


@dataclass(slots=True)
class Leg:
    """The move of one workspace's state."""

    workspace: str
    source: StateLocation
    target: StateLocation
    kept: bytes = b""
    """Content of the state at the source."""
    before: bytes = b""
    """Content of the state at the target before the move."""
    expected: Content = field(default_factory=dict)
    """Resources that the target must contain after the move."""


class Mover:
    """Carries out one move."""

    def __init__(self, move: Migration, lock: int, environ: Mapping[str, str]) -> None:
        self.move, self._environ = move, environ
        self._lock: int | None = lock
        self._directory = move.directory
        facts = read_json(move.folder / "move.json") or {}
        self._plugin_dir = Path(facts["plugin_dir"]) if facts.get("plugin_dir") else None
        self._interrupted = (
            load_migration(Path(facts["continues"])) if facts.get("continues") else None
        )

    def run(self) -> None:
        """Move the state of every workspace. Raises TerraformProblem or OSError; then nothing is
        lost."""
        target = configured_backend(self._directory, self._environ)
        change = pending_change(self._directory, self._environ)
        source = change.source if change else initialised_backend(self._directory, self._environ)
        legs = [self._leg(name, source, target) for name in self._workspaces(source)]
        there_already = self._moved_by_others(legs) if change and change.moves else False
        for leg in legs:
            went_on = serial_and_lineage(leg.before)[0] > serial_and_lineage(leg.kept)[0]
            if there_already or (change is None and went_on):
                # An earlier move was complete, and the state at the target has changed since.
                leg.expected = state_content(leg.before)
            else:
                self._refuse_another(leg, moves=change is not None and change.moves)
        # Terraform does not move empty states.
        self._refuse_selection([leg.workspace for leg in legs if leg.expected])
        for leg in legs:
            for place in (leg.source, leg.target):
                clear_own_lock(place, self._interrupted)
        beside = [path for leg in legs if (path := self._keep_beside(leg)) is not None]
        held = [leg.workspace for leg in legs if leg.kept]
        count = sum(resource_count(leg.kept) for leg in legs)
        note(self.move.folder, phase=Phase.MOVING, resources=count, workspaces=held)
        code = self._init(reconfigure=there_already or (change is not None and not change.moves))
        self._verify(target, legs, code)
        if code == 0:
            remember_init(self._directory, self._environ)
        for path in beside:
            path.unlink(missing_ok=True)
        notes = self._warn_others(legs) if not there_already else []
        self._end(Phase.DONE, " ".join([self._words(target, held), *notes]))

    def _words(self, target: StateLocation, workspaces: list[str]) -> str:
        if workspaces in ([], [DEFAULT]):
            words = _("The state is now in {target}. A copy is kept as {copy}.")
        else:
            words = _("The states of {names} are now in {target}. Copies are kept in {folder}.")
        return words.format(
            target=target,
            copy=self.move.copy,
            names=", ".join(workspaces),
            folder=self.move.folder,
        )

    def _workspaces(self, source: StateLocation) -> list[str]:
        """Return the workspaces to move: all that are at the source, and those of interrupted
        moves."""
        names = {DEFAULT, *workspaces_at(source, self._environ)}
        for move in self._earlier():
            names |= {*move.workspaces}
        return sorted(names, key=lambda name: (name != DEFAULT, name))

    def _leg(self, workspace: str, source: StateLocation, target: StateLocation) -> Leg:
        """Return one workspace's part, and copy the states at both ends to the move's folder."""
        leg = Leg(workspace, source.at(workspace), target.at(workspace))
        leg.kept = self._keep(leg)
        leg.expected = state_content(leg.kept)
        leg.before = self._at_target(leg)
        return leg

    def _keep(self, leg: Leg) -> bytes:
        """Return the state to move, and copy it to the move's folder."""
        source, target = leg.source, leg.target
        text = b"" if source.is_at(target) else read_place(source, self._environ)
        if not state_content(text):
            # Terraform empties the source before it records the new location.
            text = self._earlier_copy(leg.workspace) or text
        if not text and source.is_at(target):
            text = read_place(source, self._environ)
        write_private(self.move.copy_of(leg.workspace), text)
        return text

    def _earlier(self) -> Iterator[Migration]:
        """Yield the interrupted move, and the earlier interrupted moves that it continued."""
        move = self._interrupted
        while move is not None:
            yield move
            move = load_migration(move.continues) if move.continues else None

    def _earlier_copy(self, workspace: str) -> bytes:
        """Return the copy that an interrupted move made of the state; empty if there is none."""
        for move in self._earlier():
            copy = move.copy_of(workspace)
            if copy.exists() and state_content(text := read_regular(copy)):
                return text
        return b""

    def _at_target(self, leg: Leg) -> bytes:
        target = leg.target
        text = read_place(target, self._environ)
        try:
            state_content(text)
        except PlaceProblem:
            if self._interrupted is None or target.type != LOCAL:
                raise
            # Terraform was killed while it wrote this file; the state that it copied is complete.
            target.path.rename(target.path.with_name(f"{target.path.name}.broken-{_stamp()}"))
            return b""
        if text:
            write_private(self.move.overwritten(leg.workspace), text)
        return text

    def _refuse_another(self, leg: Leg, *, moves: bool) -> None:
        held, moving = state_content(leg.before), state_content(leg.kept)
        if not held or held == moving:
            return
        if not moving:
            # Terraform would leave that state and use it for this directory from then on. It
            # belongs here only if an interrupted move put it there.
            if moves and self._interrupted is None:
                raise adopted_state(leg.workspace, leg.source, leg.target, leg.before)
            return
        serial, lineage = serial_and_lineage(leg.kept)
        there, its_lineage = serial_and_lineage(leg.before)
        # Terraform increases the serial with each change, so two states with the same serial and
        # different contents have diverged.
        if lineage == its_lineage and there < serial:
            return
        raise other_state(leg.source, leg.target, leg.kept, leg.before)

    def _refuse_selection(self, held: list[str]) -> None:
        selected = {
            workspace(self._directory, {**self._environ, "TF_WORKSPACE": ""}),
            workspace(self._directory, self._environ),
        }
        for name in sorted(selected - {DEFAULT, *held}):
            raise selected_without_state(name, held)

    def _moved_by_others(self, legs: list[Leg]) -> bool:
        """Tell whether another checkout has already moved every state to the target.

        Raises MigrationProblem if one was moved to a different location.
        """
        notes = [
            (leg, moved)
            for leg in legs
            if (moved := read_moved(leg.source, self._environ)) is not None
        ]
        for leg, moved in notes:
            if moved.in_file or moved.target != str(leg.target) or not state_content(leg.before):
                raise MigrationProblem(_("Nothing was moved. ") + moved.sentence, moved.remedy)
        noted = {leg.workspace for leg, _moved in notes}
        return bool(notes) and all(leg.workspace in noted or not leg.expected for leg in legs)

    def _warn_others(self, legs: list[Leg]) -> list[str]:
        """Record at the old locations that the states were moved; return the errors."""
        hindered = []
        for leg in legs:
            if leg.source.is_at(leg.target):
                continue
            try:
                if leg.target.type == S3:
                    remove_moved(leg.target)
                if leg.source.type == S3 and leg.expected:
                    put_moved(leg.source, leg.target, leg.kept)
            except PlaceProblem as problem:
                hindered.append(
                    _("Could not write the move record for other checkouts ({reason}).").format(
                        reason=problem.reason
                    )
                )
        return list(dict.fromkeys(hindered))

    def _keep_beside(self, leg: Leg) -> Path | None:
        """Copy a local state next to itself; the copy is deleted when the move is verified."""
        source = leg.source
        if source.type != LOCAL or not source.path.exists() or not source.path.stat().st_size:
            return None
        return write_private(
            source.path.with_name(f"{source.path.name}.backup-{_stamp()}"), leg.kept
        )

    def _init(self, *, reconfigure: bool) -> int:
        engine = find_engine(self._environ, self.move.directory)
        mirror = find_mirror(
            engine,
            named=self._plugin_dir,
            locked=locked_providers(self._directory).get(f"{engine.registry}/{PROVIDER}"),
            environ=self._environ,
        )
        # If the source is the target, -migrate-state would lock the same state twice.
        how = ["-reconfigure"] if reconfigure else ["-migrate-state", "-force-copy"]
        arguments = [str(engine.path), "init", "-input=false", "-no-color", *how]
        arguments += backend_options(self._directory, self._environ)
        if mirror.plugin_dir is not None:
            arguments.append(f"-plugin-dir={mirror.plugin_dir}")
        with self.move.log.open("ab") as log:
            # Terraform moves all workspaces, whichever is selected. It would refuse a selected
            # workspace that the target lacks before it moves anything.
            environment = {k: v for k, v in self._environ.items() if k != "TF_WORKSPACE"}
            child = spawn(
                arguments,
                cwd=self._directory,
                environment=environment,
                output=log,
                keep=[] if self._lock is None else [self._lock],
            )
            note(self.move.folder, child=identify(child.pid).as_json())
            return child.wait()

    def _verify(self, target: StateLocation, legs: list[Leg], code: int) -> None:
        """Verify the move whatever Terraform's exit code is: if a provider can't be installed,
        ``init`` exits with 1 after the state was moved."""
        if pending_change(self._directory, self._environ) is None and initialised_backend(
            self._directory, self._environ
        ).is_at(target):
            for leg in legs:
                self._verify_leg(leg, code)
            return
        said = self.move.log.read_text("utf-8", "replace")
        error = Diagnostic(message="", severity="error", summary="", detail=said)
        known = diagnose([error], self._directory)
        if known is not None and known.kind in _TOLD:
            raise MigrationProblem(known.message, known.remedy)
        raise MigrationProblem(
            _("Terraform did not move the state (exit code {code}): {reason}").format(
                code=code, reason=first_error(said)
            ),
            _("Correct the error and start the move again. A copy is kept as {copy}.").format(
                copy=self.move.copy
            ),
        )

    def _verify_leg(self, leg: Leg, code: int) -> None:
        found = state_content(read_place(leg.target, self._environ))
        if found == leg.expected or (not leg.expected and code == 0):
            return
        raise MigrationProblem(
            _("The state in {target} is not the state that was to be moved.").format(
                target=leg.target
            ),
            _(
                "A complete copy is kept as {copy}. Compare both before you do anything else."
            ).format(copy=self.move.copy_of(leg.workspace)),
        )

    def fail(self, message: str, remedy: str) -> None:
        """Write that the move failed."""
        self._end(Phase.FAILED, message, remedy)

    def _end(self, phase: Phase, message: str, remedy: str = "") -> None:
        # Release the lock before the end is recorded: a process that waits for the end may start a
        # run immediately.
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        note(self.move.folder, phase=phase, message=message, remedy=remedy, ended_at=now())


def main(arguments: list[str]) -> int:
    """Carry out a move; the exit code is 0 unless the arguments are wrong."""
    move = load_migration(Path(arguments[0])) if len(arguments) == 2 else None
    if move is None:
        print("usage: gpuecs_tui.terraform.migration.process FOLDER LOCK_FD", file=sys.stderr)
        return _USAGE
    # Terraform inherits that these signals are ignored; a closed terminal would kill it (hangup). A
    # move can't be cancelled: it takes seconds, and the next move continues an interrupted one.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    note(move.folder, mover=identify().as_json())
    lock = int(arguments[1])
    # Until now the label named the process that started this one.
    DirectoryLock(lock).describe(lifecycle.holder_of_migration(move, os.getpid()))
    mover = Mover(move, lock, dict(os.environ))
    try:
        mover.run()
    except TerraformProblem as problem:
        mover.fail(problem.message, problem.remedy)
    except OSError as error:
        mover.fail(str(error), _("Correct the error, then start the move again."))
    return 0


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
