"""The files of a stack for a certain directory, which may hold an earlier stack."""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.hcl_tree import ReadProblem
from gpuecs_tui.terraform.past import NO_PAST
from gpuecs_tui.terraform.read_configuration import load
from gpuecs_tui.terraform.read_files import read_texts
from gpuecs_tui.terraform.read_past import past_for
from gpuecs_tui.terraform.render import Files, render


def files_for(stack: Stack, directory: Path) -> Files:
    """Return what to write into ``directory`` for ``stack``: ``render``, with the moves it needs.

    Takes 0.1 s. A directory that can't be read has no past; ``write.compare`` reports it.
    """
    try:
        past = past_for(directory, load(read_texts(directory)), stack)
    except ReadProblem:
        past = NO_PAST
    return render(stack, past)
