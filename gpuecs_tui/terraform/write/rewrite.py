"""Render the files of a stack for a certain directory, which may contain an earlier stack."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.files import read_texts
from gpuecs_tui.terraform.read.past import Listeners, is_earlier, listeners_in, past_for, past_in
from gpuecs_tui.terraform.render.past_addresses import NO_PAST
from gpuecs_tui.terraform.render.stack_files import Files, render
from gpuecs_tui.terraform.state.backend import LOCAL, noted_backend
from gpuecs_tui.terraform.state.reader import read_state


def files_for(stack: Stack, directory: Path, known: Listeners | None = None) -> Files:
    """Return the files to write into ``directory`` for ``stack``, with the required moved blocks.

    ``known`` are the listeners in a remote state (``stored_listeners``). Takes 0.1 s. For a
    directory that can't be read, no past is assumed; ``write.compare`` reports it.
    """
    try:
        past = past_for(directory, load_configuration(read_texts(directory)), stack, known or {})
    except ReadProblem:
        past = NO_PAST
    return render(stack, past)


def asks_state(directory: Path, environ: Mapping[str, str]) -> bool:
    """Tell whether only a remote state shows the past of ``directory``; reads files.

    This is the case if the directory is initialized and its files have today's names without a
    moved block: the state may still have the earlier version's names.
    """
    noted = noted_backend(directory, environ)
    if noted is None or noted.type == LOCAL:
        return False
    try:
        configuration = load_configuration(read_texts(directory))
    except ReadProblem:
        return False
    return not is_earlier(configuration) and not past_in(configuration).moves


def stored_listeners(directory: Path, environ: Mapping[str, str]) -> Listeners:
    """Return the listeners in the state of ``directory``. Takes a second. Raises StateProblem."""
    return listeners_in(read_state(directory, environ))
