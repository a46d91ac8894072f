"""The help of a screen: its decisions, its fields, its keys."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.base.key_help import HelpSections, help_parts
from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.base.scroller import Scroller
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.keys.binding import bind, own_keys
from gpuecs_tui.widgets.keys.groups import DIALOG
from gpuecs_tui.widgets.keys.words import BACK
from gpuecs_tui.widgets.picker.limits import limits_in_words
from gpuecs_tui.widgets.step.steps import title_of
from gpuecs_tui.wizard.decisions import FORM_KEYS


class HelpScreen(Modal[None]):
    """A text about a step; the arrows scroll it, and any of its keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "escape,q,enter,f1,ctrl+g,question_mark",
            "leave",
            *BACK,
            DIALOG,
        ),
    ]
    CSS = """
    HelpScreen { align: center middle; }
    HelpScreen Scroller {
        width: 100%; max-width: 100; height: 90%; background: $surface; border: round $border;
        padding: 1 2; scrollbar-size-vertical: 1;
    }
    HelpScreen Static { height: auto; }
    """

    def __init__(
        self, step: str, text: str, fields: tuple[str, ...], sections: HelpSections
    ) -> None:
        """Show the help of ``step``: ``text`` (untranslated), its keys and its ``fields`` (model
        keys)."""
        super().__init__()
        self._title = title_of(step)
        self._text = text
        self._fields = fields
        self._sections = sections

    def compose(self) -> ComposeResult:
        """Yield the text."""
        with Scroller() as box:
            box.border_title = Content(self._title)
            box.border_subtitle = own_keys(self)
            yield Static(self._content(), markup=False)

    def on_mount(self) -> None:
        """Focus the text, so that the arrows scroll it."""
        self.query_one(Scroller).focus()

    def action_leave(self) -> None:
        """Close the help."""
        self.dismiss(None)

    def _content(self) -> Content:
        parts = [Content(_(self._text))] if self._text else []
        parts += help_parts(self._sections)
        if self._fields:
            parts.append(Content.styled(_("Fields"), "bold $text-accent"))
        for name in self._fields:
            declaration = FORM_KEYS[name]
            limits = limits_in_words(declaration)
            parts.append(
                Content.assemble(
                    (_(declaration.label), "bold"),
                    (f"  {name}  {limits}\n", MUTED),
                    _(declaration.help),
                )
            )
        return Content("\n\n").join(parts)
