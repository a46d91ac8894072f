"""Textual's Input with key groups like our own bindings, and with translated labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from gpuecs_tui.i18n import N_
from gpuecs_tui.widgets.keys.groups import TYPING

EDITING_WORDS = frozenset(
    {
        N_("Move cursor left"),
        N_("Move cursor left and select"),
        N_("Move cursor left a word"),
        N_("Move cursor left a word and select"),
        N_("Move cursor right or accept the completion suggestion"),
        N_("Move cursor right and select"),
        N_("Move cursor right a word"),
        N_("Move cursor right a word and select"),
        N_("Delete character left"),
        N_("Select all"),
        N_("Go to start"),
        N_("Go to end"),
        N_("Select line start"),
        N_("Select line end"),
        N_("Delete character right"),
        N_("Submit"),
        N_("Delete left to start of word"),
        N_("Delete all to the left"),
        N_("Delete right to start of word"),
        N_("Delete all to the right"),
        N_("Cut selected text"),
        N_("Copy selected text"),
        N_("Paste text from the clipboard"),
        N_("Cursor up"),
        N_("Cursor down"),
        N_("Cursor left"),
        N_("Cursor right"),
        N_("Cursor word left"),
        N_("Cursor word right"),
        N_("Cursor line start"),
        N_("Cursor line end"),
        N_("Cursor page up"),
        N_("Cursor page down"),
        N_("Cursor left word select"),
        N_("Cursor right word select"),
        N_("Cursor line start select"),
        N_("Cursor line end select"),
        N_("Cursor up select"),
        N_("Cursor down select"),
        N_("Cursor left select"),
        N_("Cursor right select"),
        N_("Select line"),
        N_("Cut"),
        N_("Copy"),
        N_("Paste"),
        N_("Delete to line start"),
        N_("Delete to line end"),
        N_("Delete line"),
        N_("Undo"),
        N_("Redo"),
        N_("Press button"),
    }
)
"""Labels of Textual's Input, TextArea and Button, listed here so that translators find them."""


def typing_keys(kind: type[Widget]) -> Iterator[Binding]:
    """Yield Textual's keys of a widget for typing, each with its group.

    The keys of its base classes scroll; a field leaves them to the screen.
    """
    for it in kind.BINDINGS:
        assert isinstance(it, Binding)
        yield replace(it, group=TYPING, tooltip=it.description)


class LineInput(Input, inherit_bindings=False):
    """A field of one line."""

    BINDINGS: ClassVar[list[BindingType]] = [*typing_keys(Input)]
