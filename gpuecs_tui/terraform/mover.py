"""The process of one move: ``python -m gpuecs_tui.terraform.mover FOLDER LOCK_FD``.

It keeps a copy of the state, has Terraform move it, and believes only what it reads at the target
afterwards. It has no terminal, and so has its Terraform, which holds the directory's lock as well:
should this process be killed, nothing begins in the directory before that Terraform has ended.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform import moves
from gpuecs_tui.terraform.diagnosis import diagnose
from gpuecs_tui.terraform.directory_lock import DirectoryLock
from gpuecs_tui.terraform.engine import find_engine
from gpuecs_tui.terraform.events import Diagnostic
from gpuecs_tui.terraform.initialise import locked_providers, remember_init
from gpuecs_tui.terraform.liveness import identify
from gpuecs_tui.terraform.mirror import PROVIDER, find_mirror
from gpuecs_tui.terraform.move_locks import clear_own_lock
from gpuecs_tui.terraform.moves import MoveProblem, Phase
from gpuecs_tui.terraform.places import (
    Pending,
    Place,
    backend_options,
    configured_place,
    noted_place,
    pending,
)
from gpuecs_tui.terraform.problems import TerraformProblem
from gpuecs_tui.terraform.process import spawn
from gpuecs_tui.terraform.state_content import (
    Content,
    PlaceProblem,
    content,
    read_place,
    resource_count,
    serial_and_lineage,
)
from gpuecs_tui.terraform.store import read_json, write_private
from gpuecs_tui.terraform.stored_state import LOCAL, first_error

_USAGE = 64
"""EX_USAGE of sysexits(3)."""
_OVERWRITTEN = "target.tfstate"
"""The copy of what lay at the target before."""


class Mover:
    """Carries out one move."""

    def __init__(self, move: moves.Move, lock: int, environ: Mapping[str, str]) -> None:
        self.move, self._environ = move, environ
        self._lock: int | None = lock
        self._directory = move.directory
        facts = read_json(move.folder / "move.json") or {}
        self._plugin_dir = Path(facts["plugin_dir"]) if facts.get("plugin_dir") else None
        self._interrupted = moves.load(Path(facts["continues"])) if facts.get("continues") else None

    def run(self) -> None:
        """Move the state. Raises TerraformProblem or OSError; then nothing is lost."""
        target = configured_place(self._directory)
        change = pending(self._directory, self._environ)
        source = change.source if change else noted_place(self._directory, self._environ)
        kept = self._keep(source, target)
        expected, before = content(kept), self._at_target(target)
        if change is None and serial_and_lineage(before)[0] > serial_and_lineage(kept)[0]:
            # Terraform had moved it all, and the state has gone on at its new place since.
            expected = content(before)
        else:
            self._refuse_another(target, kept, before)
        for place in (source, target):
            clear_own_lock(place, self._interrupted)
        beside = self._keep_beside(source, kept)
        moves.note(self.move.folder, phase=Phase.MOVING, resources=resource_count(kept))
        code = self._init(change)
        self._verify(target, expected, code)
        if code == 0:
            remember_init(self._directory, self._environ)
        if beside is not None:
            beside.unlink(missing_ok=True)
        words = _("The state is in {target}; its copy is kept as {copy}.")
        self._end(Phase.DONE, words.format(target=target, copy=self.move.copy))

    def _keep(self, source: Place, target: Place) -> bytes:
        """Return the state that moves, with a copy of it on the disk."""
        text = b"" if source.is_at(target) else read_place(source)
        if not content(text):
            # Terraform empties the source before it notes the new place.
            text = self._earlier_copy() or text
        if not text and source.is_at(target):
            text = read_place(source)
        write_private(self.move.folder / moves.COPY_NAME, text)
        return text

    def _earlier_copy(self) -> bytes:
        """Return what the move that was cut off had copied, or those before it."""
        move = self._interrupted
        while move is not None:
            if move.copy.exists() and content(text := move.copy.read_bytes()):
                return text
            move = moves.load(move.continues) if move.continues else None
        return b""

    def _at_target(self, target: Place) -> bytes:
        text = read_place(target)
        try:
            content(text)
        except PlaceProblem:
            if self._interrupted is None or target.type != LOCAL:
                raise
            # A file that Terraform was killed in the middle of; what it copied from is whole.
            target.path.rename(target.path.with_name(f"{target.path.name}.broken-{_stamp()}"))
            return b""
        if text:
            write_private(self.move.folder / _OVERWRITTEN, text)
        return text

    def _refuse_another(self, target: Place, kept: bytes, before: bytes) -> None:
        held, moving = content(before), content(kept)
        if not held or not moving or held == moving:
            return
        serial, lineage = serial_and_lineage(kept)
        there, its_lineage = serial_and_lineage(before)
        if lineage == its_lineage and there <= serial:
            return
        raise MoveProblem(
            _(
                "{target} holds another state already ({n} resources, number {there}), which the "
                "move would overwrite; nothing was moved."
            ).format(target=target, n=resource_count(before), there=there),
            _("Choose another key, or look whose state that is."),
        )

    def _keep_beside(self, source: Place, text: bytes) -> Path | None:
        """Leave a local state's copy beside it until the move is verified."""
        if source.type != LOCAL or not source.path.exists() or not source.path.stat().st_size:
            return None
        return write_private(source.path.with_name(f"{source.path.name}.backup-{_stamp()}"), text)

    def _init(self, change: Pending | None) -> int:
        engine = find_engine(self._environ, self.move.directory)
        mirror = find_mirror(
            engine,
            named=self._plugin_dir,
            locked=locked_providers(self._directory).get(f"{engine.registry}/{PROVIDER}"),
            environ=self._environ,
        )
        how = ["-migrate-state", "-force-copy"]
        if change is not None and not change.moves:
            # Moving a state onto itself would need its lock twice.
            how = ["-reconfigure"]
        arguments = [str(engine.path), "init", "-input=false", "-no-color", *how]
        arguments += backend_options(self._directory, self._environ)
        if mirror.plugin_dir is not None:
            arguments.append(f"-plugin-dir={mirror.plugin_dir}")
        with self.move.log.open("ab") as log:
            child = spawn(
                arguments,
                cwd=self._directory,
                environment=self._environ,
                output=log,
                keep=[] if self._lock is None else [self._lock],
            )
            moves.note(self.move.folder, child=identify(child.pid).as_json())
            return child.wait()

    def _verify(self, target: Place, expected: Content, code: int) -> None:
        """Look whether all is there, whatever Terraform's exit code: a provider that can't be had
        ends an init with 1 after the state was moved."""
        if pending(self._directory, self._environ) is None and noted_place(
            self._directory, self._environ
        ).is_at(target):
            found = content(read_place(target))
            if found == expected or (not expected and code == 0):
                return
            raise MoveProblem(
                _("What lies at {target} now is not what was to be moved.").format(target=target),
                _("Its copy is whole: {copy}. Compare them before anything else.").format(
                    copy=self.move.copy
                ),
            )
        said = self.move.log.read_text("utf-8", "replace")
        known = diagnose([Diagnostic(message="", severity="error", summary="", detail=said)])
        if known is not None and known.kind in ("state-locked", "access-denied", "credentials"):
            raise MoveProblem(known.message, known.remedy)
        raise MoveProblem(
            _("Terraform did not move the state (exit code {code}): {reason}").format(
                code=code, reason=first_error(said)
            ),
            _("Mend that and start the move again; a copy is kept as {copy}.").format(
                copy=self.move.copy
            ),
        )

    def fail(self, message: str, remedy: str) -> None:
        """Write that the move failed."""
        self._end(Phase.FAILED, message, remedy)

    def _end(self, phase: Phase, message: str, remedy: str = "") -> None:
        # Before the word that it is over: who waits for that may begin a run at once.
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        moves.note(self.move.folder, phase=phase, message=message, remedy=remedy)


def main(arguments: list[str]) -> int:
    """Carry out a move; the exit code is 0 unless the arguments are wrong."""
    move = moves.load(Path(arguments[0])) if len(arguments) == 2 else None
    if move is None:
        print("usage: gpuecs_tui.terraform.mover FOLDER LOCK_FD", file=sys.stderr)
        return _USAGE
    # Ignored here and, inherited, by Terraform, which a closed terminal would kill (hangup). There
    # is no cancel: a move takes seconds, and one that is cut off only has to be gone on with.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    moves.note(move.folder, mover=identify().as_json())
    lock = int(arguments[1])
    # Until now it named who started us.
    DirectoryLock(lock).describe(moves.holder_of(move, os.getpid()))
    mover = Mover(move, lock, dict(os.environ))
    try:
        mover.run()
    except TerraformProblem as problem:
        mover.fail(problem.message, problem.remedy)
    except OSError as error:
        mover.fail(str(error), _("Mend that, then start the move again."))
    return 0


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
