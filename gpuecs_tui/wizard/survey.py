"""What one finds in a stack's directory and around it when the wizard starts."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.i18n import _

if TYPE_CHECKING:
    from gpuecs_tui.terraform.run import Run


@dataclass(frozen=True, slots=True)
class Survey:
    """Facts about a directory."""

    engine: str = ""
    """The engine and its version; empty when there is none to use."""
    engine_problem: str = ""
    """Why no engine can be used, and what to do."""
    run: Run | None = None
    """A run that works on the directory or waits for a decision."""
    terraform: bool = False
    """Whether Terraform of a stack lies there."""
    texts: dict[str, str] = field(default_factory=dict)
    """What that Terraform says, as texts of the form."""
    unread: int = 0
    """Places in that Terraform that weren't understood."""
    problem: str = ""
    """Why the directory, or the Terraform there (with file and line), can't be read."""
    unwritable: str = ""
    """Why nothing can be written there, one sentence with what to do; empty where it can."""
    unfinished: str = ""
    """That a write was cut off here, one sentence; empty where none was."""
    foreign: bool = False
    """Whether there are files, but no stack's Terraform."""


def survey(directory: Path) -> Survey:
    """Look at ``directory``, which need not exist, and for the engine.

    Starts a process and parses HCL: only in a thread. Never raises for what it finds.
    """
    engine, engine_problem = _engine(directory)
    run = _run(directory)
    from gpuecs_tui.terraform.stack_directory import unreadable
    from gpuecs_tui.terraform.unfinished_write import unfinished_words

    try:
        anything = directory.is_dir() and any(directory.iterdir())
        texts, unread, problem = _terraform(directory)
    except OSError as error:
        remedy = _("Make it readable for you, or begin with another directory.")
        problem = f"{unreadable(directory, error)} {remedy}"
        return Survey(engine, engine_problem, run, problem=problem)
    return Survey(
        engine,
        engine_problem,
        run,
        terraform=bool(texts),
        texts=texts,
        unread=unread,
        problem=problem,
        unwritable=_unwritable(directory),
        unfinished=unfinished_words(directory),
        foreign=anything and not texts and not problem,
    )


def _unwritable(directory: Path) -> str:
    place = directory.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    if os.access(place, os.W_OK | os.X_OK):
        return ""
    return _(
        "{directory} is read-only for you: you can look at the stack, but not write or apply it. "
        "Begin with a directory that you can write to."
    ).format(directory=place)


def _engine(directory: Path) -> tuple[str, str]:
    from gpuecs_tui.terraform.engine import find_engine
    from gpuecs_tui.terraform.problems import EngineProblem

    try:
        engine = find_engine(directory=directory)
    except EngineProblem as problem:
        return "", str(problem)
    return f"{engine.name} {engine.version}", ""


def _run(directory: Path) -> Run | None:
    from gpuecs_tui.terraform.runs import live_run, unfinished_run

    return live_run(directory) or unfinished_run(directory)


def _terraform(directory: Path) -> tuple[dict[str, str], int, str]:
    if not directory.is_dir() or not any(directory.glob("*.tf")):
        return {}, 0, ""
    from gpuecs_tui.aws import catalogue
    from gpuecs_tui.terraform.read import ReadProblem, read
    from gpuecs_tui.wizard.decisions import explicit_texts, texts_of

    try:
        found = read(directory)
    except ReadProblem as problem:
        return {}, 0, str(problem)
    if found.stack is not None:
        return explicit_texts(found.stack, catalogue.find), len(found.unread), ""
    return texts_of(found.answers), len(found.unread), ""
