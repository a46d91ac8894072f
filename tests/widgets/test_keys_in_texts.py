"""Texts name keys as their bindings declare them, so that a changed key is changed everywhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gpuecs_tui.terraform.engine.progress import RunProgress
from gpuecs_tui.terraform.read.service_url import ServiceUrl
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.keys.binding import bind, key_in_sentence
from gpuecs_tui.widgets.keys.groups import SCREEN
from gpuecs_tui.widgets.run import words
from tests.support.repository import ROOT
from tests.support.sources import MARKERS, modules
from tests.support.terraform.run_folders import PLAN, PLAN_ENDS, stage

ROOMS = ("screens", "widgets", "wizard", "assessment", "checks")
KEY = re.compile(
    r"\b(?:Esc|Escape|PgUp|PgDn|F\d{1,2})\b|\b(?:Ctrl|Shift|Alt)\+|(?<!\w)\^[a-z]\b"
    # "Enter a name" and "Tab" in a sentence about pages are not keys.
    r"|\bEnter\b(?! (?:a|an|the|your)\b)|\b(?:Space|Backspace)\b|\bTab\b(?= to\b)"
    r"|\b[Pp]ress(?:ing|es)? [A-Za-z?/]\b(?!\w)|(?<=, )[A-Za-z] to\b| \([a-zA-Z]\)"
)
"""Patterns of a key's name in a sentence."""
WRITTEN: Mapping[str, str] = {
    "No matches. Press Esc to close.": "the palette's key is Textual's, and its module is below "
    "the one that names keys",
}
"""Texts that name a key literally, each with the reason."""


def test_no_text_writes_a_key() -> None:
    written = {text: place for place, text in _texts() if KEY.search(text)}
    assert written.keys() - WRITTEN.keys() == set(), written
    assert WRITTEN.keys() <= written.keys(), "an exception that is no longer needed"


@pytest.mark.parametrize(
    "text",
    [
        "Press q to leave.",
        "The list opens; Enter chooses a row.",
        "Press w to write, u to bring it up to date.",
        "Plan again in the Run step (p).",
        "Ctrl+R reads it again.",
    ],
)
def test_a_written_key_is_found(text: str) -> None:
    assert KEY.search(text)


def _texts() -> Iterator[tuple[str, str]]:
    """Yield each text that is marked for translation in one of the rooms, with its place."""
    for path, tree in modules().items():
        if not any(_is_in(path, room) for room in ROOMS):
            continue
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                for it in call.args[: MARKERS.get(call.func.id, 0)]:
                    if isinstance(it, ast.Constant):
                        yield f"{path.name}:{it.lineno}", str(it.value)


def _is_in(path: Path, room: str) -> bool:
    return path.is_relative_to(ROOT / "gpuecs_tui" / room) or path.is_relative_to(ROOT / room)


def test_a_key_in_a_sentence_is_the_first_that_is_declared() -> None:
    for keys, name in (("ctrl+k,x", "Ctrl+K"), ("escape,q", "Esc"), ("Z", "Z"), ("f2", "F2")):
        assert key_in_sentence(bind(keys, "go", "go", "Go", SCREEN)) == name


def test_a_run_names_the_keys_that_are_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(words, "DISCARD", bind("ctrl+w", "discard", "discard", "Go", SCREEN))
    waiting = stage(tmp_path / "llm", RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    said = words.verdict(waiting, RunProgress(), None, ServiceUrl("")).plain
    assert "Press a to apply this plan, Ctrl+W to discard it." in said
