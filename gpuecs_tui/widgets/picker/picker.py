"""A dialog with a list to choose from, over the form; typing filters the list."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.widgets.base.age import age_line
from gpuecs_tui.widgets.base.dialog_keys import DialogKeys
from gpuecs_tui.widgets.base.modal import DetailModal
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.side_by_side import side_by_side
from gpuecs_tui.widgets.base.styles import FAINT, MUTED
from gpuecs_tui.widgets.base.wizard_modal import WizardModal
from gpuecs_tui.widgets.keys.binding import bind, key_for_action
from gpuecs_tui.widgets.keys.groups import DIALOG
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.rows import Choices, Row

COMPARE = N_("compare")


class Picker(WizardModal[tuple[str, ...] | None]):
    """A list to choose one or several rows from; returns their ids, or None if it was cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("tab", "compare", COMPARE, N_("Compare two rows side by side"), DIALOG),
        bind(
            "escape",
            "leave",
            N_("cancel"),
            N_("Clear the filter, or close the list without changing the field"),
            DIALOG,
        ),
    ]
    HELP = N_(
        "What you type filters the rows: a row must contain every word. If you can select "
        "several rows, you confirm all selected rows at once. You can also type a value that is "
        "not in the list into the field."
    )
    CSS = """
    Picker { align: center middle; }
    Picker Vertical {
        width: 100%; max-width: 130; height: 90%; background: $surface; border: round $border;
        padding: 0 1;
    }
    Picker.-wide Vertical { width: 100%; max-width: 150; }
    Picker ChoiceList { background: $surface; }
    Picker #filter { height: 1; }
    Picker #heading { height: 1; color: $text-muted; text-wrap: nowrap; }
    Picker #detail { height: 2; color: $text-muted; }
    Picker #note { height: auto; max-height: 3; display: none; }
    Picker #note.-shown { display: block; }
    """

    def __init__(self, choices: Choices, chosen: tuple[str, ...] = (), wanted: str = "") -> None:
        """Show ``choices``; ``chosen`` are selected, ``wanted`` is the text of the filter at
        first."""
        super().__init__()
        self._choices = choices
        self._list = ChoiceList(choices, chosen)
        if wanted:
            self._list.wanted = wanted

    def compose(self) -> ComposeResult:
        """Yield the filter, the headings, the rows, the detail of the highlighted row and the
        keys."""
        with Vertical(id="box") as box:
            box.border_title = Content(self._choices.title)
            yield Static(markup=False, id="filter")
            yield Static(markup=False, id="heading")
            yield self._list
            yield Static(markup=False, id="detail")
            yield Static(markup=False, id="note")
            yield DialogKeys(id="keys")

    def on_mount(self) -> None:
        """Focus the list."""
        self._list.focus()
        self.set_class(bool(self._choices.optional), "-wide")
        self.query_one("#detail").styles.height = self._choices.detail_lines
        self._show_note()

    def replace_choices(self, choices: Choices) -> None:
        """Show other rows after more of the account was read."""
        if choices is not self._choices:
            self._choices = choices
            self._list.replace_choices(choices)
            self._show_note()

    @on(ChoiceList.Moved)
    def _moved(self, event: ChoiceList.Moved) -> None:
        shown = ngettext("{n} of {all}", "{n} of {all}", event.shown).format(
            n=event.shown, all=len(self._choices.rows)
        )
        wanted = (
            Content.assemble((escape_controls(event.wanted), "bold"), ("▏", "$text-accent"))
            if event.wanted
            else Content.styled(_("type to filter"), FAINT)
        )
        order = Content("")
        if self._list.order:
            sorted_by = _("sorted by {what}").format(what=self._list.order)
            order = Content.styled(f"   {sorted_by}", MUTED)
        self.query_one("#filter", Static).update(
            Content.assemble((_("Filter") + "  ", MUTED), wanted, (f"   {shown}", MUTED), order)
        )
        self.query_one("#heading", Static).update(Content(self._list.heading()))
        detail = _detail(event.row)
        if event.row is None and event.wanted:
            detail = Content(
                _("No matches. Press {key} to clear the filter.").format(
                    key=key_for_action(Picker, "leave")
                )
            )
        self.query_one("#detail", Static).update(detail)
        first = self._list.compared
        words = _("compare with {first}").format(first=escape_controls(first)) if first else ""
        self.query_one(DialogKeys).reword(_(COMPARE), words)

    @on(ChoiceList.Taken)
    def _taken(self, event: ChoiceList.Taken) -> None:
        self.dismiss(event.ids)

    def action_leave(self) -> None:
        """Clear the filter; without a filter, close the list and leave the field unchanged."""
        if self._list.wanted:
            self._list.wanted = ""
        else:
            self.dismiss(None)

    def action_compare(self) -> None:
        """Keep the highlighted row for a comparison, or compare it with the kept one."""
        row, properties = self._list.row, self._choices.properties
        if row is None or properties is None:
            return
        first = self._list.compared
        self._list.compared = "" if first else row.id
        if first and first != row.id:
            table = side_by_side((first, row.id), properties(first), properties(row.id))
            self.app.push_screen(DetailModal(_("Side by side"), table))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the comparison only if the rows have properties."""
        if action == "compare":
            return self._choices.properties is not None
        return super().check_action(action, parameters)

    def help_text(self) -> str:
        """Return the help of the list and its keys."""
        about = [_(self._choices.help)] if self._choices.help else []
        return "\n\n".join((*about, super().help_text()))

    def _show_note(self) -> None:
        text = escape_controls(f"{self._choices.note} {self._choices.remedy}".strip())
        style = "$text-warning" if self._choices.unknown else MUTED
        note = self.query_one("#note", Static)
        note.update(Content.styled(text, style))
        note.set_class(bool(text), "-shown")
        age = Content(age_line(self._choices.read_at))
        self.query_one("#box").border_subtitle = age


def _detail(row: Row | None) -> Content:
    if row is None:
        return Content("")
    lines = [Content(escape_controls(line)) for line in (row.detail, *row.more) if line]
    if row.why_not:
        why = _("Not available: {why}").format(why=escape_controls(row.why_not))
        lines.insert(0, Content.styled(why, "$text-warning"))
    if not lines:
        lines = [Content(escape_controls(" · ".join(cell for cell in row.cells if cell)))]
    return Content("\n").join(lines)
