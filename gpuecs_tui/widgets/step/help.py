"""The help of a screen: its decisions, its fields, its keys."""

from __future__ import annotations

from textual.content import Content

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.base.key_help import HelpSections, help_parts
from gpuecs_tui.widgets.base.modal import DetailModal
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.picker.limits import limits_in_words
from gpuecs_tui.widgets.step.steps import title_of
from gpuecs_tui.wizard.decisions import FORM_KEYS


class HelpScreen(DetailModal):
    """The help of a step: its text, its keys, its fields."""

    def __init__(
        self, step: str, text: str, fields: tuple[str, ...], sections: HelpSections
    ) -> None:
        """Explain ``step`` by ``text`` (untranslated), its keys and its ``fields`` (model keys)."""
        super().__init__(title_of(step), _content(text, fields, sections), is_page=True)


def _content(text: str, fields: tuple[str, ...], sections: HelpSections) -> Content:
    parts = [Content(_(text))] if text else []
    parts += help_parts(sections)
    if fields:
        parts.append(Content.styled(_("Fields"), "bold $text-accent"))
    for name in fields:
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
