"""The program's own modules as syntax trees, and the calls that mark a text for translation."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.support.repository import ROOT

MARKERS: Mapping[str, int] = {"_": 1, "N_": 1, "ngettext": 2}
"""Name of a call that marks texts → how many of its arguments are texts."""


@cache
def modules() -> Mapping[Path, ast.Module]:
    """Return every module by its path; modules in linked folders once."""
    return {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for folder in ("gpuecs_tui", "screens")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not any(parent.is_symlink() for parent in path.parents if parent != ROOT)
    }
