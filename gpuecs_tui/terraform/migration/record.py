"""The record of one move of a state: a folder next to those of the runs, with its copies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import Any

from gpuecs_tui.terraform.base.atomic_files import parse_time, read_json, replace_json
from gpuecs_tui.terraform.base.liveness import ProcessIdentity, is_alive
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.directory_lock import is_held_by
from gpuecs_tui.terraform.state.backend import DEFAULT

RECORD = "move.json"
"""File in a move's folder with its facts and its phase."""
LOG = "terraform.log"
"""File in a move's folder with Terraform's output."""
_COPY, _OVERWRITTEN = "source", "target"
"""Prefixes of the copies' names: of the moved state, and of the state at the target."""
_BIRTH_SECONDS = 30.0
"""How long a starting mover may take to record itself; a loaded machine needs one or two seconds.
"""
KEPT_MIGRATIONS = 5
"""Number of moves that are kept for one directory: each holds a copy of the state with its secrets.
"""


class Phase(StrEnum):
    """The phase of a move."""

    BEGUN = "begun"
    """Nothing was changed yet."""
    MOVING = "moving"
    """The copy is kept and Terraform moves the state."""
    DONE = "done"
    """The complete state is at the target, and Terraform uses it."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Migration:
    """One move, as recorded in its folder; a snapshot."""

    folder: Path
    directory: Path
    source: str
    """As it is shown to users: a path or ``s3://bucket/key``."""
    target: str
    phase: Phase
    begun_at: datetime
    user: str
    host: str
    resources: int
    """Resource instances in the state before the move; 0 until that is known."""
    message: str
    """One sentence about the result; may be empty."""
    remedy: str
    is_live: bool
    """Whether a process is carrying it out."""
    continues: Path | None
    """The folder of the interrupted move that this one continues; None if it continues none."""
    workspaces: tuple[str, ...]
    """The workspaces whose states are moved; empty until they are known."""

    @property
    def was_cut_off(self) -> bool:
        """Tell whether its process died without recording an end."""
        return self.phase in (Phase.BEGUN, Phase.MOVING) and not self.is_live

    @property
    def is_done(self) -> bool:
        """Tell whether the complete state is at the target."""
        return self.phase is Phase.DONE

    @property
    def copy(self) -> Path:
        """Return the path of the copy of the default workspace's state; mode 0600. It is created
        first."""
        return self.copy_of(DEFAULT)

    def copy_of(self, workspace: str) -> Path:
        """Return the path of the copy of a workspace's state; mode 0600. It is created first."""
        return self.folder / _copy_name(_COPY, workspace)

    def overwritten(self, workspace: str) -> Path:
        """Return the path of the copy of the state that was at a workspace's target; mode 0600."""
        return self.folder / _copy_name(_OVERWRITTEN, workspace)

    @property
    def log(self) -> Path:
        """Return Terraform's output."""
        return self.folder / LOG

    def refresh(self) -> Migration:
        """Return the move as it is now."""
        return load_migration(self.folder) or self


def migrations_root() -> Path:
    """Return the folder of all moves, next to that of the runs."""
    return run_list.runs_root().with_name("moves")


def latest(directory: Path) -> Migration | None:
    """Return the newest move of a directory, or None."""
    return next(migrations_of(directory.resolve()), None)


def last_migration_time(directory: Path) -> float | None:
    """Return the duration in seconds of the last successful move of a directory's state.

    None if there was none, or if an earlier version made it and did not record the end.
    """
    for move in migrations_of(directory.resolve()):
        ended = parse_time(str((read_json(move.folder / RECORD) or {}).get("ended_at", "")))
        if move.is_done and ended is not None:
            return (ended - move.begun_at).total_seconds()
    return None


def is_migrating(directory: Path) -> bool:
    """Tell whether the state of a directory is being moved now."""
    return any(move.is_live for move in since_the_last_done(directory.resolve()))


def load_migration(folder: Path) -> Migration | None:
    """Return the move in a folder; None if there is none."""
    raw = read_json(folder / RECORD)
    if raw is None or raw.get("phase") not in set(Phase):
        return None
    begun = parse_time(str(raw.get("begun_at", ""))) or datetime.now(UTC)
    return Migration(
        folder=folder,
        directory=Path(str(raw.get("directory", ""))),
        source=str(raw.get("source", "")),
        target=str(raw.get("target", "")),
        phase=Phase(raw["phase"]),
        begun_at=begun,
        user=str(raw.get("user", "")),
        host=str(raw.get("host", "")),
        resources=int(raw.get("resources") or 0),
        message=str(raw.get("message", "")),
        remedy=str(raw.get("remedy", "")),
        is_live=_is_live(folder, raw, begun),
        continues=Path(raw["continues"]) if raw.get("continues") else None,
        workspaces=tuple(map(str, raw.get("workspaces") or ())),
    )


def rotate_migrations(moves: Sequence[Migration]) -> None:
    """Delete the oldest moves of one directory beyond the limit; ``moves`` is newest first.

    Those since the last successful move are kept: they show whether a move must be continued.
    """
    done = next((number for number, move in enumerate(moves) if move.is_done), len(moves))
    for move in moves[max(KEPT_MIGRATIONS, done + 1) :]:
        if not move.is_live:
            shutil.rmtree(move.folder, ignore_errors=True)


def note(folder: Path, **values: Any) -> None:
    """Update the record of a move; it is on disk when this returns. Raises OSError."""
    replace_json(folder / RECORD, {**(read_json(folder / RECORD) or {}), **values})


def migrations_of(real: Path) -> Iterator[Migration]:
    """Yield the moves of a directory, the newest first."""
    try:
        folders = sorted(migrations_root().iterdir(), reverse=True)
    except OSError:
        return
    for folder in folders:
        move = load_migration(folder)
        if move is not None and move.directory == real:
            yield move


def since_the_last_done(real: Path) -> list[Migration]:
    """Return the moves of a directory since the last successful one, the newest first."""
    return list(takewhile(lambda move: move.phase is not Phase.DONE, migrations_of(real)))


def _copy_name(kind: str, workspace: str) -> str:
    # Terraform rejects workspace names that would have to be escaped in a path or URL.
    return f"{kind}.tfstate" if workspace == DEFAULT else f"{kind}.{workspace}.tfstate"


def _is_live(folder: Path, raw: Mapping[str, Any], begun: datetime) -> bool:
    if raw["phase"] in (Phase.DONE, Phase.FAILED):
        return False
    mover = ProcessIdentity.from_json(raw.get("mover"))
    if mover is None:
        return (datetime.now(UTC) - begun).total_seconds() < _BIRTH_SECONDS
    child = ProcessIdentity.from_json(raw.get("child"))
    # Terraform may outlive a mover that was killed before it recorded Terraform's process.
    return is_alive(mover) or is_alive(child) or is_held_by(Path(raw["directory"]), folder.name)
