"""All findings about the stack, each with its complete text and remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.widgets.base.options import Options
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.tab_line import Tab
from gpuecs_tui.widgets.keys.binding import bind, key_for_action
from gpuecs_tui.widgets.keys.groups import FINDINGS
from gpuecs_tui.widgets.step.findings_screen import Remark
from gpuecs_tui.wizard.decisions import FORM_KEYS

_SEVERITIES: Mapping[str, tuple[str, str]] = {
    "error": (N_("error"), "bold $text-error"),
    "missing": (N_("missing"), "bold $text-error"),
    "warning": (N_("warning"), "bold $text-warning"),
    "unknown": (N_("unknown"), "bold $text-muted"),
}
"""Severity → its word and its style."""
NOTHING = "nothing"


class FindingsPage(Options):
    """A list of remarks; Enter goes to the field, ``f`` applies the remedy if there is one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "select", N_("go to field"), N_("Go to the field of the finding"), FINDINGS),
        bind("f", "fix", N_("apply the remedy"), N_("Apply the remedy of the finding"), FINDINGS),
    ]
    DEFAULT_CSS = """
    FindingsPage, FindingsPage:focus {
        border: none; padding: 0; background: $background; height: 1fr;
        border-bottom: blank; border-subtitle-color: $text-muted; border-subtitle-align: right;
    }
    """

    @dataclass
    class FieldWanted(Message):
        """The user pressed Enter on a remark."""

        remark: Remark

    @dataclass
    class FixWanted(Message):
        """The user wants to apply the remedy of a remark; it has exactly one."""

        remark: Remark

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._remarks: tuple[Remark, ...] | None = None
        self._is_checked = True

    def show_remarks(
        self, remarks: Sequence[Remark], age: str = "", *, is_checked: bool = True
    ) -> None:
        """Show ``remarks`` and the ``age`` of the account data below; the highlighted position
        stays.

        Without ``is_checked`` the checks have not run yet, so an empty list means nothing.
        """
        self.border_subtitle = Content(age)
        if (tuple(remarks), is_checked) == (self._remarks, self._is_checked):
            return
        self._remarks, self._is_checked = tuple(remarks), is_checked
        place = self.highlighted
        self.clear_options()
        if not remarks:
            said = Content.styled(_("Checking …"), "$text-muted")
            if is_checked:
                said = Content.styled(_("✓ No problems found."), "$text-success")
            self.add_option(Option(said, id=NOTHING, disabled=True))
            return
        self.add_options([Option(_prompt(it)) for it in self._remarks])
        self.highlighted = min(place or 0, len(self._remarks) - 1)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._remarks and event.option_id != NOTHING:
            self.post_message(self.FieldWanted(self._remarks[event.option_index]))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the key for the field of a finding, and the key for a remedy if there is exactly
        one."""
        remarks, place = self._remarks, self.highlighted
        if action == "select":
            return bool(remarks)
        if action == "fix":
            return True if remarks and place is not None and remarks[place].fix else None
        return super().check_action(action, parameters)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        self.refresh_bindings()

    def action_fix(self) -> None:
        """Request to apply the remedy of the highlighted remark."""
        if self._remarks and self.highlighted is not None:
            remark = self._remarks[self.highlighted]
            if remark.fix:
                self.post_message(self.FixWanted(remark))


def findings_tab(remarks: Sequence[Remark], *, is_checked: bool) -> Tab:
    """Return the tab of the page: the number of ``remarks``, and whether one is an error."""
    if not remarks:
        sign, style = ("✓", "$text-success") if is_checked else ("…", "$text-muted")
        return Tab("findings", _("Findings"), sign, style)
    grave = any(it.severity in ("error", "missing") for it in remarks)
    style = "bold $text-error" if grave else "$text-warning"
    return Tab("findings", _("Findings"), str(len(remarks)), style)


def _prompt(remark: Remark) -> Content:
    word, style = _SEVERITIES[remark.severity]
    head = Content.assemble(
        (_(word), style), "  ", (_(FORM_KEYS[remark.key].label), "bold"), "  ",
        (remark.key, "$text-muted"),
    )  # fmt: skip
    lines = [head, Content(escape_controls(remark.message))]
    if remark.remedy:
        key = Content("")
        if remark.fix:
            key = Content.styled(f"{key_for_action(FindingsPage, 'fix')}: ", "bold $text-accent")
        lines.append(Content.assemble("→ ", key, escape_controls(remark.remedy)))
    # An empty row separates two remarks.
    return Content("\n").join([*lines, Content("")])
