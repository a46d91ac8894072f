"""What a screen is about: its decisions, its fields, its keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.picker.limits import limits_in_words
from gpuecs_tui.widgets.step.key_line import KeyHint, frame_keys
from gpuecs_tui.widgets.step.panel_keys import KEY_WIDTH
from gpuecs_tui.widgets.step.steps import STEPS
from gpuecs_tui.wizard.decisions import FORM_KEYS

HelpSections = Sequence[tuple[str, Sequence[KeyHint]]]
"""Translated titles, each with key presses and what they do."""


class HelpScreen(Modal[None]):
    """Scrolls with the arrows; any of its keys shuts it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,f1,ctrl+g,question_mark", "leave", show=False),
    ]
    CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 100%; max-width: 100; height: 90%; background: $surface; border: round $border;
        padding: 1 2; scrollbar-size-vertical: 1;
    }
    HelpScreen Static { height: auto; }
    """

    def __init__(
        self,
        step: str,
        text: str,
        keys: tuple[str, ...],
        hints: tuple[KeyHint, ...],
        sections: HelpSections = (),
    ) -> None:
        """Explain ``step`` by ``text`` (untranslated), model keys, and its own key presses.

        ``sections`` are titles with the key presses of the step's panels; a step without panels
        is a form.
        """
        super().__init__()
        self._title = next(_(it.title) for it in STEPS if it.id == step)
        self._text = text
        self._keys = keys
        self._hints = hints
        self._sections = sections

    def compose(self) -> ComposeResult:
        """One text."""
        with VerticalScroll() as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(_("Esc: back"))
            yield Static(self._content(), markup=False)

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(VerticalScroll).focus()

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)

    def _content(self) -> Content:
        parts = [Content(_(self._text))] if self._text else []
        pairs = [*self._hints, *frame_keys()]
        if self._keys:
            pairs.append(("Tab ↑ ↓", _("next and previous field")))
        for title, keys in ((_("Keys"), pairs), *self._sections):
            parts.append(Content.styled(title, "bold $text-accent"))
            parts.append(
                Content("\n").join(
                    Content.assemble((f"{key:<{KEY_WIDTH}} ", "bold"), word) for key, word in keys
                )
            )
        if self._keys:
            parts.append(Content.styled(_("Fields"), "bold $text-accent"))
        for key in self._keys:
            declaration = FORM_KEYS[key]
            limits = limits_in_words(declaration)
            parts.append(
                Content.assemble(
                    (_(declaration.label), "bold"),
                    (f"  {key}  {limits}\n", MUTED),
                    _(declaration.help),
                )
            )
        return Content("\n\n").join(parts)
