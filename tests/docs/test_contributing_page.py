"""Everything that CONTRIBUTING.md names exists: targets of make, constants with their files,
tests."""

from __future__ import annotations

import re

from tests.support.repository import ROOT

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
KEPT = {"demo-stack", "__pycache__", "*.mo"}
"""Paths that git ignores and make clean keeps: the user's stack, and files that Python creates
again."""


def test_every_target_has_a_row() -> None:
    targets = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert targets is not None
    assert {*re.findall(r"^\| `make (\w+)` \|", GUIDE, re.MULTILINE)} == {*targets[1].split()}


def test_clean_deletes_what_git_ignores() -> None:
    """This does not include the paths that the guide lists as kept."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    ignored = {it.strip("/") for it in lines if not it.startswith("!")}
    recipe = MAKEFILE.partition("\nclean:\n")[2]
    recipe = recipe.replace("$(POT)", "gpuecs_tui/locale/gpuecs_tui.pot")
    deleted = {*recipe.replace("$(VENV)", ".venv").split()} - {"rm", "-rf", "-f"}
    assert ignored - KEPT == deleted
    assert "keeps `demo-stack`" in GUIDE


def test_every_constant_of_a_recipe_is_in_its_file() -> None:
    """Constants are written as ``NAME`` (`file`), in `NAME` of `file`, or (see `file`)."""
    named = re.findall(r"`([A-Z][A-Z_]{2,})`\s+\(`([\w/]+\.py)`", GUIDE)
    named += re.findall(r"`([A-Z][A-Z_]{2,})` (?:of|in)\s+`([\w/]+\.py)`", GUIDE)
    assert {"FOLLOWS", "KEY_RULES", "OTHER", "SCREENS", "HOLDS", "GAPS", "REFUSALS"} <= {
        name for name, _path in named
    }
    for name, path in named:
        found = next(it for it in (ROOT / path, ROOT / "gpuecs_tui" / path) if it.exists())
        assert re.search(rf"^{name}\b", found.read_text(encoding="utf-8"), re.MULTILINE), name
