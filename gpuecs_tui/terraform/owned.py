"""What a stack's own state holds: a name that is its own doesn't count as taken."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.terraform.problems import TerraformProblem
from gpuecs_tui.terraform.stored_state import read_state

IDENTITIES = ("name", "id", "arn", "key_name")
"""Attributes by which AWS or a rule may call a resource."""


def owned(directory: Path, environ: Mapping[str, str] | None = None) -> frozenset[str] | None:
    """Return names, ids and ARNs of all managed resources in the state of a directory.

    Empty where nothing was applied yet; None where there is a state that can't be read. A local
    state is read as a file; another backend's is pulled by the engine, which takes a second.
    """
    try:
        state = read_state(directory, environ)
    except TerraformProblem:
        return None
    values = (it.attributes.get(name) for it in state.resources for name in IDENTITIES)
    return frozenset(value for value in values if isinstance(value, str) and value)
