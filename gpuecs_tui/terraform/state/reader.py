"""Read a directory's state: a local file, an object in S3, or the output of ``state pull``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import read_regular, remedy_for
from gpuecs_tui.terraform.base.process import capture
from gpuecs_tui.terraform.engine.binary import find_engine
from gpuecs_tui.terraform.engine.diagnosis import diagnose
from gpuecs_tui.terraform.engine.events import Diagnostic
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.state.backend import Backend, local_state, present_backend
from gpuecs_tui.terraform.state.backend_block import backend_block
from gpuecs_tui.terraform.state.environment import child_environment
from gpuecs_tui.terraform.state.other_state import refuse_other_state
from gpuecs_tui.terraform.state.stored_state import (
    NOTHING,
    NotRead,
    StateProblem,
    StoredState,
    parse_state,
)
from gpuecs_tui.terraform.state.uninitialised import read_unprepared

PULL_SECONDS = 60.0
"""Timeout for ``state pull`` over a slow link; it takes 0.7 s on loopback (measured)."""
_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
"""Colours in the output of a command."""


def read_state(directory: Path, environ: Mapping[str, str] | None = None) -> StoredState:
    """Return the state of ``directory``. Raises StateProblem.

    A local state is read as a file; that of another backend is pulled by the engine, which takes a
    second. In a directory without an ``init``, such as a fresh clone, the object of an S3 backend
    is read directly. Raises NotRead if that is not possible.
    """
    environment = dict(os.environ if environ is None else environ)
    where = present_backend(directory, environment)
    path = local_state(directory, environment)
    if path is not None:
        refuse_other_state(directory, environment)
        try:
            if path.exists():
                return parse_state(read_regular(path), str(path))
        except OSError as error:
            raise StateProblem(
                _("Could not read {path}: {reason}.").format(path=path, reason=error.strerror),
                remedy_for(path, error),
            ) from None
        _refuse_unread_configuration(directory, environment, where)
        return NOTHING
    if not where.noted:
        return read_unprepared(directory, where, environment)
    variables = child_environment(environment).variables
    pulled = capture(
        [str(find_engine(variables, directory).path), "state", "pull", "-no-color"],
        cwd=directory,
        environment=variables,
        timeout=PULL_SECONDS,
    )
    if pulled.returncode != 0:
        raise engine_problem(pulled.stderr, _("Could not read the state: {reason}"))
    return parse_state(pulled.stdout.encode(), _("The content of the backend"))


def _refuse_unread_configuration(
    directory: Path, environ: Mapping[str, str], where: Backend
) -> None:
    """Raise NotRead if there is no state, but a file that may set a backend can't be parsed."""
    if where.noted:
        return
    try:
        backend_block(directory, environ)
    except ReadProblem as problem:
        raise NotRead(
            _("Could not read the state: {reason}").format(reason=problem.message),
            problem.remedy or _("Correct that file."),
        ) from None


def engine_problem(said: str, words: str) -> StateProblem:
    """Return the engine's error output ``said`` as a problem; ``words`` contain its {reason}."""
    known = diagnose([Diagnostic(message="", severity="error", summary="", detail=said)])
    if known is not None and known.kind == "bucket-missing":
        return NotRead(known.message, known.remedy)
    return StateProblem(
        words.format(reason=first_error(said)),
        _("Check the credentials and the backend, then try again."),
    )


def first_error(text: str) -> str:
    """Return the first error that a command without ``-json`` printed, as one line, no colours."""
    words = [line.strip(" │╷╵\t") for line in _ESCAPE.sub("", text).splitlines()]
    told = [line for line in words if line]
    start = next((n for n, line in enumerate(told) if line.startswith("Error:")), 0)
    return " ".join(told[start : start + 3]).removeprefix("Error:").strip()
