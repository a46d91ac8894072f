"""The status of a stack's directory when the wizard starts."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.i18n import _
from gpuecs_tui.wizard.opened import Opened

if TYPE_CHECKING:
    from gpuecs_tui.stack.unread import Unread
    from gpuecs_tui.terraform.runs.run import Run


@dataclass(frozen=True, slots=True)
class DirectoryStatus:
    """Facts about a directory."""

    engine: str = ""
    """The engine and its version; empty if there is no suitable engine."""
    engine_problem: str = ""
    """Why no engine can be used, and the action to take."""
    run: Run | None = None
    """A run that is in progress in the directory or waits for a decision."""
    applied: bool = False
    """Whether the newest run applied the files that are in the directory now."""
    terraform: bool = False
    """Whether the directory has the Terraform of a stack."""
    texts: dict[str, str] = field(default_factory=dict)
    """The answers in that Terraform, as texts of the form."""
    unread: tuple[Unread, ...] = ()
    """Parts of that Terraform that were not read, and deleted files of this program."""
    problem: str = ""
    """Why the directory, or the Terraform there (with file and line), can't be read."""
    unwritable: str = ""
    """Why the directory is not writable, with a remedy; empty if it is."""
    unfinished: str = ""
    """A sentence about an interrupted write into the directory; empty if there is none."""
    foreign: bool = False
    """Whether there are files, but no stack's Terraform."""
    opened: Opened = field(default_factory=Opened)
    """The same Terraform, for a later comparison."""
    newest: tuple[str, datetime] | None = None
    """Name of the Terraform file that changed last, and the time of the change, in UTC."""


def inspect(directory: Path) -> DirectoryStatus:
    """Read the status of ``directory``, which need not exist, and find the engine.

    Starts a process and parses HCL: call it only in a thread. Problems are returned, never raised.
    """
    engine, engine_problem = _engine(directory)
    run = _run(directory)
    from gpuecs_tui.terraform.runs.stack_directory import unreadable
    from gpuecs_tui.terraform.write.unfinished_write import unfinished_words

    try:
        anything = directory.is_dir() and any(directory.iterdir())
        found = _terraform(directory)
    except OSError as error:
        remedy = _("Grant yourself read permission, or use another directory.")
        problem = f"{unreadable(directory, error)} {remedy}"
        return DirectoryStatus(engine, engine_problem, run, problem=problem)
    return replace(
        found,
        engine=engine,
        engine_problem=engine_problem,
        run=run,
        applied=_applied(directory),
        terraform=bool(found.texts) or any(each.keys for each in found.unread),
        unwritable=_unwritable(directory),
        unfinished=unfinished_words(directory),
        foreign=anything and not (found.texts or found.unread or found.problem),
    )


def same_stack(texts: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Tell whether two forms have the same decisions, apart from the AWS profile."""
    from gpuecs_tui.aws import catalogue
    from gpuecs_tui.wizard.decisions import decide

    one, other = decide(texts, catalogue.find), decide(others, catalogue.find)
    return (one.resolved.stack, one.problems, one.missing) == (
        other.resolved.stack,
        other.problems,
        other.missing,
    )


def _unwritable(directory: Path) -> str:
    place = directory.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    effective = os.access in os.supports_effective_ids
    if os.access(place, os.W_OK | os.X_OK, effective_ids=effective):
        return ""
    return _(
        "{directory} is read-only for your user. You can view the stack, but not "
        "write or apply it. Use a directory that you can write to."
    ).format(directory=place)


def _engine(directory: Path) -> tuple[str, str]:
    from gpuecs_tui.terraform.base.problems import EngineProblem
    from gpuecs_tui.terraform.engine.binary import find_engine

    try:
        engine = find_engine(directory=directory)
    except EngineProblem as problem:
        return "", str(problem)
    return f"{engine.name} {engine.version}", ""


def _run(directory: Path) -> Run | None:
    from gpuecs_tui.terraform.runs.run_list import live_run, unfinished_run

    return live_run(directory) or unfinished_run(directory)


def _applied(directory: Path) -> bool:
    from gpuecs_tui.terraform.runs.applied import is_applied
    from gpuecs_tui.terraform.runs.run_list import runs_of

    newest = next(iter(runs_of(directory)), None)
    return newest is not None and is_applied(newest)


def _terraform(directory: Path) -> DirectoryStatus:
    """Return the status of the Terraform in ``directory`` alone."""
    from gpuecs_tui.terraform.read.files import is_loaded

    if not directory.is_dir() or not any(is_loaded(path.name) for path in directory.iterdir()):
        return DirectoryStatus()
    from gpuecs_tui.aws import catalogue
    from gpuecs_tui.terraform.read.directory import ReadProblem, read
    from gpuecs_tui.terraform.write.last_write import deleted_since
    from gpuecs_tui.wizard.decisions import explicit_texts, texts_of
    from gpuecs_tui.wizard.opened import of_files

    try:
        found = read(directory)
    except ReadProblem as problem:
        return DirectoryStatus(problem=str(problem))
    texts = texts_of(found.answers)
    if found.stack is not None:
        texts = explicit_texts(found.stack, catalogue.find)
    opened = of_files(texts, found.answers)
    newest = _newest(directory, found.texts)
    return DirectoryStatus(
        texts=texts,
        unread=(*found.unread, *deleted_since(directory)),
        opened=opened,
        newest=newest,
    )


def _newest(directory: Path, names: Iterable[str]) -> tuple[str, datetime] | None:
    times = []
    for name in names:
        # The file may have been deleted since; then it has no time.
        with contextlib.suppress(OSError):
            times.append(((directory / name).stat().st_mtime, name))
    if not times:
        return None
    seconds, name = max(times)
    return name, datetime.fromtimestamp(seconds, UTC)
