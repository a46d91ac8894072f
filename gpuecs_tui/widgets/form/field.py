"""One decision in a form: label, control and unit, with its errors and notes below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.fields import Key
from gpuecs_tui.widgets.base import shorten
from gpuecs_tui.widgets.base.line_input import LineInput
from gpuecs_tui.widgets.base.safe_text import escape_controls, fit_cells
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.form.segments import Segments, Word
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import FORM
from gpuecs_tui.widgets.keys.screen import ENTER_MOVES, MOVES
from gpuecs_tui.wizard.decisions import FORM_KEYS

LABEL_CELLS = 30
UNIT_CELLS = 11
ROOMY_CELLS = 90
"""Minimum width in cells at which a long note is below the control, as a short one always is."""
LONG_NOTE_INDENT = 4
HANG = 2
"""Cells by which the further lines of a note are indented, so that they align after its sign."""
MULTILINE = frozenset({"fleet.extra_user_data"})
"""Declarations of texts that are edited in the editor, like tables."""


@dataclass(frozen=True, slots=True)
class FieldNote:
    """A line below a field."""

    severity: str
    """``error``, ``warning``, ``unknown`` or ``info``."""
    text: str


@dataclass(frozen=True, slots=True)
class FieldState:
    """What a field displays."""

    text: str = ""
    default: str = ""
    """The value of an empty field, as a user would type it; empty if there is none."""
    hint: str = ""
    """Text in the empty field if there is no default."""
    notes: tuple[FieldNote, ...] = field(default_factory=tuple)
    suggested: bool = False
    """Whether ``text`` is a suggestion: the first typed character replaces it."""


class TextControl(LineInput):
    """A text of one line, without a frame and without blinking."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "submit", N_("choose"), N_("Choose from a list"), FORM, show=False),
        *MOVES,
    ]
    # Input sets ``virtual_size`` at each key. The size of the row never changes, so a new layout
    # would only delay everything else.
    virtual_size = Reactive(Size(0, 0), layout=False)

    def __init__(self, text: str, shorten: Callable[[str, int], str] | None = None) -> None:
        """Edit ``text``; without the focus, a text that is too long is shown as ``shorten(text,
        cells)``."""
        super().__init__(text, compact=True, select_on_focus=False)
        self.cursor_blink = False
        self._shorten = shorten

    def render_line(self, y: int) -> Strip:
        """Return the text; without the cursor in it, shortened so that its distinguishing part is
        visible."""
        width = self.scrollable_content_region.width
        too_long = not self.has_focus and cell_len(self.value) > width > 0
        if y or self._shorten is None or not too_long:
            return super().render_line(y)
        text = fit_cells(self._shorten(escape_controls(self.value), width), width)
        return Strip([Segment(text, self.rich_style)], width)

    def on_focus(self) -> None:
        """Scroll to the cursor: Input does so only when the cursor moves."""
        self.show_end()
        # Textual marks the widget as focused only after this handler.
        self.call_after_refresh(self._show_cursor)

    def show_end(self) -> None:
        """If the end of a text matters most and the text doesn't fit, put the cursor at its end."""
        width = self.scrollable_content_region.width
        if self._shorten is not None and self.selection.is_empty and cell_len(self.value) > width:
            self.cursor_position = len(self.value)
            # If the cursor is already at the end, nothing scrolls, for example after the very first
            # value.
            self.call_after_refresh(self._show_cursor)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._show_cursor()

    def _show_cursor(self) -> None:
        column = self.cursor_screen_offset.x - self.content_region.x + self.scroll_offset.x
        if self.has_focus and self.size.width:
            self.scroll_to_region(Region(column, 0, 1, 1), force=True, animate=False)

    async def on_key(self, event: events.Key) -> None:
        """Open the help with ``?`` if nothing is typed yet: then the character can't be meant as
        text."""
        if event.character == "?" and self.selection.is_empty != bool(self.value):
            event.stop()
            event.prevent_default()
            await self.run_action("screen.help")

    def action_paste(self) -> None:
        """Paste from the app's clipboard with the same rules as for a paste of the terminal."""
        self.app.post_message(events.Paste(self.app.clipboard))


class PlainControl(TextControl):
    """A text without a list: Enter focuses the next field."""

    BINDINGS: ClassVar[list[BindingType]] = [ENTER_MOVES]


_SIGNS = {"error": "✗", "warning": "!", "unknown": "?", "info": " "}
_STYLES = {
    "error": "$text-error",
    "warning": "$text-warning",
    "unknown": MUTED,
    "info": MUTED,
}


class FormField(Widget):
    """One decision; see the module's docstring. A change calls ``put``, then posts ``Changed``.

    ``put`` is called before the text is painted, so that no visible text is lost if the program
    ends before the message arrives.

    The field draws label, unit and notes itself, and its one child is the control. A form of thirty
    fields with five widgets each would take twice as long to open.
    """

    DEFAULT_CSS = f"""
    FormField {{ height: 1; layout: horizontal; }}
    FormField > * {{ margin: 0 {UNIT_CELLS} 0 {LABEL_CELLS}; width: 1fr; height: 1; }}
    """

    @dataclass
    class Changed(Message):
        """The user changed the field's text."""

        key: str
        typed: bool
        """Whether the change was a key press, so that more may follow."""

    @dataclass
    class ListWanted(Message):
        """Enter was pressed on a field that has a list to choose from."""

        key: str
        typed: str

    @dataclass
    class EditorWanted(Message):
        """Enter was pressed on a field of several lines."""

        key: str

    def __init__(
        self,
        key: str,
        state: FieldState,
        put: Callable[[str, str], None],
        *,
        has_list: bool = False,
    ) -> None:
        """Show ``key`` in ``state``; ``has_list``: Enter opens a list."""
        super().__init__()
        self.key = key
        self.declaration = FORM_KEYS[key]
        self._put = put
        self._has_list = has_list
        self._state = state
        self._sent = state.text
        self._drawn = Content("")
        self.control = self._make_control()

    def compose(self) -> ComposeResult:
        """Yield the control."""
        yield self.control

    def on_mount(self) -> None:
        """Show the complete state."""
        state, self._state = self._state, FieldState()
        self.show(state)
        self._draw()

    def show(self, state: FieldState) -> None:
        """Show ``state``; the text is replaced only if it was changed outside this field."""
        if state == self._state and state.text == self._sent:
            return
        other_text = state.text != self._sent
        self._sent = state.text
        match self.control:
            case TextControl():
                self.control.select_on_focus = state.suggested
                if other_text:
                    self.control.value = state.text
                    if state.suggested and self.control.has_focus:
                        self.control.action_select_all()
                    elif self.control.has_focus:
                        self.control.show_end()
                self.control.placeholder = _placeholder(state)
            case Segments():
                self.control.show(state.text, state.default)
            case _:
                self._show_summary(state.text)
        notes_changed = state.notes != self._state.notes
        self._state = state
        if notes_changed:
            self._draw()

    def on_resize(self) -> None:
        """Wrap the notes for the new width."""
        self._draw()

    def on_descendant_focus(self) -> None:
        """Highlight the label, because the field has the cursor."""
        self._draw()

    def on_descendant_blur(self) -> None:
        """Remove the highlight of the label."""
        self._draw()

    def render(self) -> Content:
        """Return the drawing of label, unit and notes around the control."""
        return self._drawn

    def _draw(self) -> None:
        width = self.size.width
        if not width:
            return
        focused = self.control.has_focus
        label = fit_cells(_(self.declaration.label), LABEL_CELLS - 1)
        unit = _(self.declaration.unit) if self.declaration.unit else ""
        between = " " * max(width - LABEL_CELLS - UNIT_CELLS + 2, 0)
        lines = [
            Content.assemble(
                (label, "bold $text-accent" if focused else ""),
                between,
                (fit_cells(unit, UNIT_CELLS - 1), MUTED),
            )
        ]
        for note in self._state.notes:
            content = _note_content(note)
            # A note of one line is below the control; a longer note gets the width that it needs.
            fits = content.cell_length <= width - LABEL_CELLS
            indent = LABEL_CELLS if fits or width >= ROOMY_CELLS else LONG_NOTE_INDENT
            for number, line in enumerate(content.wrap(max(width - indent - HANG, 1))):
                lines.append(Content.assemble(" " * (indent + (HANG if number else 0)), line))
        drawn = Content("\n").join(lines)
        if (drawn.plain, drawn.spans) != (self._drawn.plain, self._drawn.spans):
            self._drawn = drawn
            self.styles.height = len(lines)
            self.refresh()

    def focus_control(self) -> None:
        """Focus the control and scroll to the field with its notes."""
        self.control.focus(scroll_visible=False)
        self.scroll_visible(animate=False)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._take(event.value, typed=True)

    @on(Segments.Changed)
    def _chosen(self, event: Segments.Changed) -> None:
        event.stop()
        self._take(event.value, typed=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.ListWanted(self.key, event.value))

    def on_summary_opened(self, event: Message) -> None:
        """Request the editor."""
        event.stop()
        self.post_message(self.EditorWanted(self.key))

    def _take(self, text: str, *, typed: bool) -> None:
        if text != self._sent:
            self._sent = text
            self._put(self.key, text)
            self.post_message(self.Changed(self.key, typed))

    def _make_control(self) -> Widget:
        if words := words_of(self.declaration):
            return Segments(words)
        if self.declaration.kind == "map" or self.key in MULTILINE:
            # textual's TextArea takes long to import, and not every form needs it.
            from gpuecs_tui.widgets.form.editor import Summary

            return Summary()
        kind = TextControl if self._has_list else PlainControl
        return kind(self._state.text, shorten_of(self.key))

    def _show_summary(self, text: str) -> None:
        from gpuecs_tui.widgets.form.editor import Summary

        assert isinstance(self.control, Summary)
        self.control.show(text)


def shorten_of(key: str) -> Callable[[str, int], str] | None:
    """Return the function that shortens a long text of ``key``; None if its beginning matters
    most."""
    if key == "task.image":
        return shorten.image
    return shorten.middle if key.endswith("_arn") else None


def words_of(declaration: Key) -> tuple[Word, ...]:
    """Return the values of a flag or a choice with their words; none for other declarations."""
    if declaration.kind == "flag":
        return (Word("true", _("yes")), Word("false", _("no")))
    if declaration.kind == "choice":
        return tuple(Word(str(choice), str(choice)) for choice in declaration.choices)
    return ()


def _placeholder(state: FieldState) -> str:
    if state.default:
        return _("{value} (default)").format(value=escape_controls(state.default))
    return state.hint


def _note_content(note: FieldNote) -> Content:
    return Content.styled(
        f"{_SIGNS[note.severity]} {escape_controls(note.text)}", _STYLES[note.severity]
    )
