"""The log panel: streamed text that stays readable while it streams.

    panel = LogPanel(id="log")
    panel.add(follower.poll().lines)             # records, each with its level and its resource
    panel.feed(["Initializing the backend..."])  # plain text: lines, or bytes or text with newlines
    panel.show_resource("aws_ecs_cluster.this")  # filter; "" shows all again

It takes lines at any rate, from the event loop's thread only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from textual import events, on
from textual.app import ComposeResult
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform.engine.log_line import LogLine
from gpuecs_tui.user_folders import expand_home
from gpuecs_tui.widgets.base.line_input import LineInput
from gpuecs_tui.widgets.base.one_line import OneLine
from gpuecs_tui.widgets.keys.binding import key_for_action
from gpuecs_tui.widgets.log.filter import LineFilter
from gpuecs_tui.widgets.log.footer import footer_text
from gpuecs_tui.widgets.log.keys import InteractiveLogView, Question
from gpuecs_tui.widgets.log.prompt import LogPrompt
from gpuecs_tui.widgets.log.regex import PatternError, RegexPattern
from gpuecs_tui.widgets.log.save import save_log
from gpuecs_tui.widgets.log.search import Pattern
from gpuecs_tui.widgets.log.store import LogStore
from gpuecs_tui.widgets.log.view import LogView
from gpuecs_tui.widgets.terminal.gc_tuning import exempt_what_lives_long

SAVED_SECONDS = 15
"""Seconds for which the path of a saved log is shown: the user may have to copy it by hand."""


class LogPanel(Widget):
    """A log view above one line for keys and questions."""

    DEFAULT_CSS = """
    LogPanel {
        layout: vertical;
        height: 1fr;
        & > OneLine { background: $panel; color: $foreground; }
        & > LogPrompt { display: none; }
        &.-asking > LogPrompt { display: block; }
        &.-asking > OneLine { display: none; }
    }
    """

    def __init__(
        self, *, id: str | None = None, name: str = "log", max_lines: int = 1_000_000
    ) -> None:
        """Create an empty panel; ``name`` is the stem of the file name that saving proposes."""
        super().__init__(id=id, name=name)
        self._store = LogStore(max_lines)
        self._view = InteractiveLogView(self._store)
        self._footer = OneLine()
        self._prompt = LogPrompt()
        self._question: Question | None = None
        self._overwrite: Path | None = None

    def compose(self) -> ComposeResult:
        """Yield the view and the line of keys (or the question) below it."""
        yield self._view
        yield self._footer
        yield self._prompt

    @property
    def view(self) -> InteractiveLogView:
        """The scrolling part, which has the focus."""
        return self._view

    @property
    def is_in_use(self) -> bool:
        """Whether the user reads or searches it: anything but the end of all lines is shown."""
        view = self._view
        searched = bool(view.contents.pattern or view.contents.filter)
        return not view.following or searched or self._question is not None

    def add(self, lines: Sequence[LogLine]) -> None:
        """Add whole records, with the level and the resource of each line."""
        self._view.add(lines)

    def feed(self, data: bytes | str | Iterable[str]) -> None:
        """Add plain text: bytes or text with newlines, or lines without them."""
        self._view.feed(data)

    def finish(self) -> None:
        """Show a last line that had no newline."""
        self._view.finish()

    def clear(self) -> None:
        """Empty the log."""
        self._view.clear()

    def show_resource(self, address: str) -> None:
        """Show only records that mention ``address``; with an empty text, all again."""
        self._view.set_filter(LineFilter(self._view.contents.filter.level, address))

    def focus(self, scroll_visible: bool = True) -> LogPanel:
        """Focus the view."""
        self._view.focus(scroll_visible)
        return self

    @on(LogView.Updated)
    def _tell_state(self, event: LogView.Updated) -> None:
        event.stop()
        self._footer.show(footer_text(self._view).fit)

    def on_mount(self, event: events.Mount) -> None:
        """Show the keys immediately."""
        exempt_what_lives_long()
        self._footer.show(footer_text(self._view).fit)

    @on(InteractiveLogView.Asked)
    def _asked(self, event: InteractiveLogView.Asked) -> None:
        event.stop()
        self.ask(event.question)

    def ask(self, question: Question) -> None:
        """Ask for a search text, a resource or a file."""
        self._question, self._overwrite = question, None
        prompts = {
            "search": (
                _("Search:"),
                self._view.contents.pattern.text if self._view.contents.pattern else "",
            ),
            "regex": (
                _("Regular expression:"),
                self._view.contents.pattern.text if self._view.contents.pattern else "",
            ),
            "resource": (_("Show only lines with:"), self._view.contents.filter.text),
            "save": (_("Save to:"), self._proposed_file()),
        }
        self._prompt.ask(*prompts[question])
        self.add_class("-asking")

    def _proposed_file(self) -> str:
        return f"{self.name}-{datetime.now():%Y%m%d-%H%M%S}.txt"

    @on(LogPrompt.Left)
    def _leave_prompt(self, event: LogPrompt.Left) -> None:
        event.stop()
        self._close_prompt()

    def _close_prompt(self) -> None:
        self._question = None
        self.remove_class("-asking")
        self._view.focus()

    @on(LogPrompt.Answered)
    def _take_answer(self, event: LogPrompt.Answered) -> None:
        event.stop()
        if self._question == "save":
            self._save(event.text)
            return
        if self._question == "resource":
            self.show_resource(event.text.strip())
        else:
            try:
                self._search(event.text, RegexPattern if self._question == "regex" else Pattern)
            except PatternError as error:
                self._prompt.complain(str(error))
                return
        self._close_prompt()

    def _search(self, text: str, kind: type[Pattern]) -> None:
        pattern = kind(text) if text else None
        self._view.set_search(pattern)
        self._view.go_to_match(1)
        if pattern is not None and pattern.too_slow:
            self._view.set_search(None)
            raise PatternError(_("This pattern takes too long. Use a simpler one."))

    @on(LogView.SearchGivenUp)
    def _tell_given_up(self, event: LogView.SearchGivenUp) -> None:
        event.stop()
        said = _("Search stopped: this pattern takes too long.")
        self.notify(said, severity="warning", markup=False)

    def _save(self, answer: str) -> None:
        path = expand_home(answer.strip()).absolute()
        if not answer.strip():
            self._close_prompt()
            return
        if path.is_dir():
            self._prompt.complain(_("This is a directory. Add a file name."))
            return
        overwrite = path == self._overwrite
        if path.exists() and not overwrite:
            self._overwrite = path
            self._prompt.complain(
                _("The file exists. Press {key} again to replace it.").format(
                    key=key_for_action(LineInput, "submit")
                )
            )
            return
        blocks = [block for _start, block in self._store.blocks()]
        lines = len(self._store)
        if self._view.contents.filter:
            said = _("Saved all {count} lines, including those hidden by the filter, to {path}")
        else:
            said = ngettext("Saved {count} line to {path}", "Saved {count} lines to {path}", lines)

        def save() -> str:
            save_log(path, blocks, overwrite=overwrite)
            return said.format(count=f"{lines:,}", path=path)

        self.run_worker(save, group="log-save", thread=True, exit_on_error=False)
        self._close_prompt()

    @on(Worker.StateChanged)
    def _tell_saved(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "log-save":
            return
        event.stop()
        if event.state == WorkerState.SUCCESS:
            self.notify(str(event.worker.result), timeout=SAVED_SECONDS, markup=False)
        elif event.state == WorkerState.ERROR:
            said = _("Could not save the log: {reason}.").format(reason=event.worker.error)
            self.notify(said, severity="error", markup=False)
