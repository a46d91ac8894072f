"""The keys of the log panel: actions on the view, and questions for the panel."""

from __future__ import annotations

import os
from typing import ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.message import Message

from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.terraform.engine.log_line import Level
from gpuecs_tui.widgets.keys.binding import alias, bind, key_for_action
from gpuecs_tui.widgets.keys.groups import LOG, MARKING
from gpuecs_tui.widgets.log.filter import LineFilter
from gpuecs_tui.widgets.log.text import plain_text
from gpuecs_tui.widgets.log.view import LogView
from gpuecs_tui.widgets.terminal.clipboard import send_to_clipboard

SIDE_STEP = 16
"""Cells by which left and right scroll a log that is not wrapped."""

SAVE = N_("Save the log to a file")

Question = Literal["search", "regex", "resource", "save"]


_LINES = N_("line"), N_("Move a line up or down")
_EXTEND = N_("extend"), N_("Mark more or fewer lines")
_PAGES = N_("page"), N_("Move a page up or down")
_ASIDE = N_("aside"), N_("Scroll long lines to the left or the right")


def _key(keys: str, action: str, label: str, text: str, *, show: bool = True) -> Binding:
    return bind(keys, action, label, text, LOG, show=show)


class InteractiveLogView(LogView, inherit_bindings=False):
    """A log view with keys; letters have the same meaning as in ``less``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # The keys that are hardest to guess come first: a line that is too short omits the last
        # ones.
        _key("n", "match(1)", N_("next"), N_("Go to the next match")),
        _key("N", "match(-1)", N_("previous"), N_("Go to the previous match")),
        _key("slash", "ask('search')", N_("search"), N_("Search for a text")),
        _key("x", "ask('regex')", N_("regex"), N_("Search by regular expression")),
        _key("r", "ask('resource')", N_("resource"), N_("Show only one resource")),
        _key("f1", "screen.help", N_("all keys"), N_("List all keys")),
        _key("v", "mark", N_("mark"), N_("Mark lines, or remove the marks")),
        bind("y", "copy_marked", N_("copy"), N_("Copy the marked lines"), MARKING),
        _key("y", "copy", N_("copy"), N_("Copy the line of the match, or the lines on view")),
        _key("s", "ask('save')", N_("save"), SAVE),
        _key("e", "error", N_("error"), N_("Go to the first error, then to the next")),
        _key("f", "follow", N_("follow"), N_("Follow the end, or stop following")),
        _key("l", "level", N_("level"), N_("Show warnings and errors, then errors only, then all")),
        _key("w", "wrap", N_("wrap"), N_("Wrap long lines, or cut them")),
        alias("n,N", "ask('search')"),
        bind("up,k", "extend(-1)", *_EXTEND, MARKING),
        bind("down,j", "extend(1)", *_EXTEND, MARKING),
        bind("escape", "unmark", N_("leave"), N_("Remove the marks"), MARKING),
        _key("up,k", "move_rows(-1)", *_LINES, show=False),
        _key("down,j", "move_rows(1)", *_LINES, show=False),
        _key("pageup,b", "move_pages(-1)", *_PAGES, show=False),
        _key("pagedown,space", "move_pages(1)", *_PAGES, show=False),
        _key("home,g", "start", N_("start"), N_("Go to the first line"), show=False),
        _key("end,G", "end", N_("end"), N_("Go to the end and follow it"), show=False),
        _key("left", "aside(-1)", *_ASIDE, show=False),
        _key("right", "aside(1)", *_ASIDE, show=False),
        _key("escape", "leave", N_("leave"), N_("End the search, or clear the filter"), show=False),
    ]

    class Asked(Message):
        """The user pressed a key that requires typed input."""

        def __init__(self, question: Question) -> None:
            super().__init__()
            self.question = question

    def action_ask(self, question: Question) -> None:
        """Ask for a search text, a resource or a file."""
        self.post_message(self.Asked(question))

    def action_extend(self, rows: int) -> None:
        """Move the end of the marked lines."""
        self.action_move_rows(rows)

    def action_copy_marked(self) -> None:
        """Copy the marked lines."""
        self.action_copy()

    def action_move_rows(self, rows: int) -> None:
        """Scroll the view; while lines are being marked, move the end of the mark."""
        if self.marked is None:
            self.move_rows(rows)
            return
        anchor, end = self.marked
        store = self.contents.shown
        end = min(max(end + rows, store.first), max(store.end - 1, store.first))
        self.marked = (anchor, end)
        self.move_to_line(end)

    def action_move_pages(self, pages: int) -> None:
        """Scroll by the height of the view less one row, so that one row stays visible."""
        self.action_move_rows(pages * max(self.size.height - 1, 1))

    def action_start(self) -> None:
        """Go to the oldest line that is kept."""
        self.action_move_rows(self.contents.shown.first_row - self.contents.shown.row_end)

    def action_end(self) -> None:
        """Go to the end and follow it."""
        self.action_move_rows(self.contents.shown.row_end - self.contents.shown.first_row)
        if self.marked is None:
            self.follow(True)

    def action_aside(self, step: int) -> None:
        """Scroll unwrapped lines to the right (or left)."""
        if not self.wrap:
            self.left = max(self.left + step * SIDE_STEP, 0)
            self.redraw()

    def action_match(self, step: int) -> None:
        """Go to the next or previous match."""
        if not self.go_to_match(step):
            self.app.bell()

    def action_follow(self) -> None:
        """Start or stop following the end."""
        self.follow(not self.following)

    def action_wrap(self) -> None:
        """Start or stop wrapping long lines."""
        self.set_wrap(not self.wrap)

    def action_level(self) -> None:
        """Show all lines, then only warnings and errors, then only errors."""
        level = Level((self.contents.filter.level + 1) % len(Level))
        self.set_filter(LineFilter(level, self.contents.filter.text))

    def action_error(self) -> None:
        """Go to the first error, or to the next one."""
        if not self.go_to_error():
            self.app.notify(_("No errors in this log so far."), markup=False)

    def action_mark(self) -> None:
        """Start marking lines, at the line of the search or the first visible one; or stop
        marking."""
        store = self.contents.shown
        if self.marked is not None:
            self.marked = None
        elif len(store):
            on_view = self.current is not None and self.top <= self.current <= self.bottom
            start = self.current if on_view and self.current is not None else self.top
            self.marked = (start, start)
            self.follow(False)
        self.redraw()

    def action_unmark(self) -> None:
        """Remove the marks."""
        self.marked = None
        self.redraw()

    def action_leave(self) -> None:
        """End the search; without a search, remove the filter."""
        if self.contents.pattern is not None:
            self.set_search(None)
        else:
            self.set_filter(LineFilter())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Escape to the screen if there is nothing to undo here."""
        match action:
            case "leave":
                return bool(self.contents.pattern or self.contents.filter)
            case "extend" | "copy_marked" | "unmark":
                return self.marked is not None
            case "copy":
                return self.marked is None
            case "match":
                return self.contents.pattern is not None
            case "ask" if parameters == ("save",):
                return len(self.contents.source) > 0
            case "aside":
                return not self.wrap
            case _:
                return super().check_action(action, parameters)

    def chosen_lines(self) -> tuple[int, int]:
        """Return (first, last) of the lines to copy: the marked ones, else the match, else the
        visible ones."""
        if self.marked is not None:
            low, high = sorted(self.marked)
            return low, high
        if self.current is not None and self.top <= self.current <= self.bottom:
            return self.current, self.current
        return self.top, self.bottom

    def action_copy(self) -> None:
        """Send the chosen lines, as displayed, to the clipboard of the user's terminal."""
        store = self.contents.shown
        if not len(store):
            return
        first, last = self.chosen_lines()
        numbers = range(max(first, store.first), min(last, store.end - 1) + 1)
        raw = b"\n".join([store.line(number) for number in numbers])
        try:
            send_to_clipboard(self.app, plain_text(raw))
        except ValueError:
            self.app.notify(
                _(
                    "Too much text for the terminal's clipboard. Press {key} to save it to a file."
                ).format(key=key_for_action(InteractiveLogView, "ask('save')")),
                severity="warning",
                markup=False,
            )
            return
        said = ngettext("Copied {count} line.", "Copied {count} lines.", len(numbers))
        said = said.format(count=len(numbers))
        if os.environ.get("TMUX"):
            # Without this setting, tmux drops OSC 52 and reports nothing.
            said += " " + _("In tmux, copying requires: set -g set-clipboard on")
        self.app.notify(said, markup=False)
        self.marked = None
        self.redraw()
