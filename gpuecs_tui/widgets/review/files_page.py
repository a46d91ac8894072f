"""The files of a stack as they will be written, and their differences from the directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.write.stack import FileChange, WriteChanges
from gpuecs_tui.widgets.base.code import code_lines, diff_lines
from gpuecs_tui.widgets.base.one_line import OneLine
from gpuecs_tui.widgets.base.text_pane import TextPane
from gpuecs_tui.widgets.keys.binding import bind, key_for_action
from gpuecs_tui.widgets.keys.groups import FILES
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.rows import Choices, Row

SIGNS: Mapping[str, str] = {"create": "+", "change": "~", "delete": "-", "": "="}
"""Kind of change → the sign before the file's name; "" is an unchanged file."""
HAND_EDITED = "!"
_WORDS: Mapping[str, str] = {
    "create": N_("new"),
    "change": N_("changes"),
    "delete": N_("no longer needed: deleted"),
    "": N_("unchanged"),
}

_TURN = N_("Show the difference, or the whole file")


class FilesPage(Widget):
    """A list of files, and on its right the text of one; ``v`` shows its difference instead."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("v", "turn", N_("difference"), _TURN, FILES),
        bind(
            "tab,shift+tab",
            "other_side",
            N_("text"),
            N_("Go to the text of the file, or back to the list"),
            FILES,
        ),
    ]
    DEFAULT_CSS = """
    FilesPage {
        layout: horizontal;
        & ChoiceList { width: 25; height: 1fr; margin-right: 1; }
        & #file { width: 1fr; height: 1fr; layout: vertical; }
        & #file OneLine { background: $panel; padding: 0 1; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._files: Mapping[str, str] = {}
        self._changes: dict[str, FileChange] = {}
        self._compared = False
        self._as_text: set[str] = set()
        """Names of the changed files that are shown as a text instead of a difference."""
        self._list = ChoiceList(Choices("", ("", ""), ()), filters=False, id="names")
        self._title = OneLine()
        self._pane = TextPane()
        self._shown = ""

    def compose(self) -> ComposeResult:
        """Yield the list and, on its right, the text."""
        yield self._list
        with Widget(id="file"):
            yield self._title
            yield self._pane

    def focus(self, scroll_visible: bool = True) -> FilesPage:
        """Focus the list."""
        self._list.focus(scroll_visible)
        return self

    def on_resize(self) -> None:
        """Wrap the lines of a difference for the new width."""
        self._show_file(keep_place=True)

    @property
    def files(self) -> Mapping[str, str]:
        """The displayed files by name."""
        return self._files

    @property
    def text(self) -> str:
        """The text in the pane, without colours."""
        return self._pane.text

    def show(self, files: Mapping[str, str], changes: WriteChanges | None) -> None:
        """Show ``files``; ``changes`` is None while the files are being compared with the
        directory."""
        # If manual changes are kept, a file will contain more than the rendered text.
        files = changes.after if changes else files
        newly = changes is not None and not self._compared
        self._files, self._compared = files, changes is not None
        self._changes = {it.file: it for it in changes.files} if changes else {}
        names = [*files, *(name for name in self._changes if name not in files)]
        rows = tuple(Row(name, (self._sign(name), name)) for name in names)
        self._list.replace_choices(Choices("", ("", ""), rows))
        if newly and names and self._shown in ("", names[0]):
            self._go_to_a_change(names)
        self._show_file(keep_place=True)

    def _go_to_a_change(self, names: Sequence[str]) -> None:
        """Highlight the first existing file that changes; with only new files, the first one."""
        for place, name in enumerate(names):
            change = self._changes.get(name)
            if change is not None and change.kind != "create":
                self._list.action_move(place)
                return

    def _sign(self, name: str) -> str:
        change = self._changes.get(name)
        if change is not None and change.hand_edited:
            return HAND_EDITED
        return SIGNS[change.kind if change else ""] if self._compared else " "

    @on(ChoiceList.Moved)
    def _moved(self, event: ChoiceList.Moved) -> None:
        event.stop()
        self._show_file(keep_place=False)

    @on(ChoiceList.Taken)
    def _taken(self, event: ChoiceList.Taken) -> None:
        event.stop()
        self._pane.focus()

    def _show_file(self, *, keep_place: bool) -> None:
        row = self._list.row
        if row is None:
            self._title.show(Content(""))
            self._pane.show(())
            return
        keep_place = keep_place and row.id == self._shown
        self._shown = row.id
        change = self._changes.get(row.id)
        as_text = change is None or change.kind == "create" or row.id in self._as_text
        if as_text and row.id in self._files:
            self._pane.show(code_lines(row.id, self._files[row.id]), keep_place=keep_place)
        elif change is not None:
            width = self._pane.scrollable_content_region.width
            lines = diff_lines(change.diff.splitlines(), width)
            self._pane.show(lines, keep_place=keep_place)
        self._title.show(self._heading(row.id, change))

    def _heading(self, name: str, change: FileChange | None) -> Content:
        parts = [Content.styled(name, "bold")]
        if self._compared:
            word = _(_WORDS[change.kind if change else ""])
            parts.append(Content.styled(word, "$text-muted"))
        if change is not None and change.hand_edited:
            if change.loses_edits:
                said = _("asks before overwriting your edits")
            else:
                said = _("values need confirmation")
            parts.append(Content.styled(said, "bold $text-warning"))
        if change is not None and change.keeps_edits:
            said = _("your edits are kept")
            parts.append(Content.styled(said, "$text-success"))
        if change is not None and change.kind == "change":
            turned = _("{key}: difference") if name in self._as_text else _("{key}: whole file")
            key = key_for_action(FilesPage, "turn")
            parts.append(Content.styled(turned.format(key=key), "$text-accent"))
        return Content("  ").join(parts)

    def action_turn(self) -> None:
        """Show the whole file instead of the difference, or the difference again."""
        self._as_text ^= {self._shown}
        self._show_file(keep_place=False)

    def action_other_side(self) -> None:
        """Focus the text, or the list again."""
        (self._pane if self._list.has_focus else self._list).focus()
