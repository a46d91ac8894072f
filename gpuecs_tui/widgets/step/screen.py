"""The frame of every step of the wizard.

How a step's screen is made --------------------------- Create ``screens/NAME.py`` and, if it needs
styles, ``screens/NAME.tcss`` (``CSS_PATH = "NAME.tcss"``; begin each selector with the class's
name). Derive from ``StepScreen``, set ``STEP`` to the step's id in ``widgets.step.steps.STEPS`` and
``HELP``, yield the body's widgets in ``compose_body``, and enter the class in
``gpuecs_tui.app.SCREENS``. A new instance is created each time the user goes to the step, with the
wizard as its only argument: data that must outlive the screen belongs in the wizard.

The base shows the header, the steps (a column from 100 cells on, else one line), the scrolling
body, one line of ``live`` text, the help of the focused widget, and the keys. Live text and help
are below the body, or next to it with ``HORIZONTAL_BREAKPOINTS = ROOMY_BREAKPOINTS``. It owns
ctrl+n (next), ctrl+p (back), ctrl+t (steps), ctrl+l (findings), f1, ctrl+g and ``?`` (help).

Keys are declared once, by ``widgets.keys.binding.bind`` in ``BINDINGS``, with their label, the text
of the help and their group; ``check_action`` returns whether they are available. The line of keys,
the help and the palette read that. Call ``refresh_bindings()`` when the result of ``check_action``
may have changed.

To change decisions, call ``edit``: the checks then run, and ``changed`` is called once. A subclass
may override:

- ``changed()``: something in the wizard changed (a text, the account, findings); call super first.
- ``refusal()``: why "next" can't be done now, and focus that field; empty if it can.
- ``live()``: a line that is always visible, such as how many tasks fit.
- ``focus_help()``: the help of the widget that has the focus, at most two lines.
- ``HELP_KEYS``: keys of the model whose help the help screen lists.

Slow work runs in a worker (``group``, ``exclusive``, ``exit_on_error=False``) and posts a message.
A screen does not import boto3 or subprocess. Texts from outside are shown through
``widgets.base.safe_text.escape_controls`` as ``Content``, never as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize, ScreenResume
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker

from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.widgets.base.broken_worker import tell_broken_worker
from gpuecs_tui.widgets.base.edited import edit
from gpuecs_tui.widgets.base.key_help import help_sections
from gpuecs_tui.widgets.base.scroller import Scroller
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.base.waiting import Wait
from gpuecs_tui.widgets.keys.binding import active_entries, all_entries, bind
from gpuecs_tui.widgets.keys.groups import MOVING, WIZARD
from gpuecs_tui.widgets.keys.screen import SCREEN_KEYS
from gpuecs_tui.widgets.keys.words import PAGES
from gpuecs_tui.widgets.step.header import HeaderLine
from gpuecs_tui.widgets.step.help_bar import HelpBar, Wrapped
from gpuecs_tui.widgets.step.key_line import KeyLine
from gpuecs_tui.widgets.step.steps import AFTER_REVIEW, IDS, StepLine, StepList, StepProgress
from gpuecs_tui.wizard.session import WizardSession

WIDE = 100
"""Cells from which the steps are shown as a column."""
ROOMY = 160
"""Cells from which a form with notes on one line, its help and the picture fit side by side."""
ROOMY_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide"), (ROOMY, "-roomy")]
"""Widths in cells → the class that a screen has from that width on; a screen has one of them at a
time."""
WITH_COLUMN = frozenset({"-wide", "-roomy"})
"""The classes of widths in which the steps are a column; in the others they are a line."""

TYPING_SECONDS = 0.25
"""Maximum time between two key presses in the same word."""
FIT, FIT_TEXT = N_("what fits"), N_("Show what fits on an instance")

SAID_SECONDS = 0.5
"""If the focus moves within this time after a message, the sender of the message moved it."""


class StepScreen(Screen[None]):
    """A step of the wizard; see the module's docstring."""

    STEP: ClassVar[str]
    """The id of one of ``steps.STEPS``, or ``steps.STATE``, which is not a step."""
    HELP: ClassVar[str] = ""
    """A description of the step's decisions with advice, in paragraphs; untranslated."""
    HELP_KEYS: ClassVar[tuple[str, ...]] = ()
    BINDINGS: ClassVar[list[BindingType]] = [
        *SCREEN_KEYS,
        # The most useful keys come first: a line that is too short omits the last ones.
        bind("ctrl+n", "next", N_("next"), N_("Go to the next step"), WIZARD),
        bind("ctrl+p", "back", N_("back"), N_("Go back to the step before"), WIZARD),
        bind(
            "ctrl+g,f1,question_mark",
            "help",
            N_("help"),
            N_("Show the help of this screen"),
            WIZARD,
        ),
        bind("ctrl+t", "steps", N_("steps"), N_("Go to another step"), WIZARD),
        bind("ctrl+l", "findings", N_("findings"), N_("List all findings"), WIZARD),
        bind("ctrl+y", "fit", FIT, FIT_TEXT, WIZARD, show=False),
        bind("pageup", "page(-1)", *PAGES, MOVING, show=False),
        bind("pagedown", "page(1)", *PAGES, MOVING, show=False),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - textual's own
    AUTO_FOCUS = ""

    class Going(Message):
        """The user wants to go to another step."""

        def __init__(self, step: str) -> None:
            super().__init__()
            self.step = step

    class Ready(Message):
        """A screen has shown everything that it had to read: now there is time for other work."""

    def __init__(self, wizard: WizardSession) -> None:
        super().__init__()
        self.wizard = wizard
        self._said: Content | None = None
        self._said_at = 0.0
        self._waiting: Wait | None = None
        self._is_new = True
        """Whether the screen has never been the current one."""
        self._keys_due = False
        """Whether the line of keys must be updated."""

    def compose(self) -> ComposeResult:
        """Yield the frame around the body."""
        # This comes before the first layout, which would otherwise be made for the wrong width.
        width_class = self._width_class(self.app.size.width)
        # The children are styled when they are mounted; no rule styles the screen itself by it.
        self.add_class(width_class, update=False)
        yield HeaderLine()
        if width_class not in WITH_COLUMN:
            yield StepLine()
        with Horizontal(id="middle"):
            if width_class in WITH_COLUMN:
                yield StepList()
            with Vertical(id="right"):
                with Scroller(id="body", can_focus=False):
                    yield from self.compose_body()
                with Vertical(id="beside"):
                    yield Wrapped(id="live")
                    yield HelpBar()
        yield KeyLine()

    def compose_body(self) -> ComposeResult:
        """Yield the widgets of this step."""
        yield from ()

    def on_mount(self) -> None:
        """Show the wizard's state."""
        self.bindings_updated_signal.subscribe(self, self._bindings_updated, immediate=True)
        self.refresh_bindings()
        self.changed()

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Keep the styles of a new screen, which its widgets have got just now."""
        if self._is_new:
            self._is_new = False
            event.refresh_styles = False

    def _bindings_updated(self, _screen: Screen[Any]) -> None:
        """Update the keys after the pending events: the focus may move several times."""
        if not self._keys_due:
            self._keys_due = True
            self.call_next(self._show_keys)

    def _show_keys(self) -> None:
        self._keys_due = False
        if self.is_attached:
            self.query_one(KeyLine).show_keys(active_entries(self))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the keys for the next and the previous step if there is one."""
        match action:
            case "next":
                return IDS[-1] != self.STEP
            case "back":
                return IDS[0] != self.STEP
            case "page":
                return self.is_mounted and self.query_one("#body").max_scroll_y > 0
            case _:
                return super().check_action(action, parameters)

    @on(Worker.StateChanged)
    def _tell_broken_worker(self, event: Worker.StateChanged) -> None:
        tell_broken_worker(self.app, event)

    def changed(self) -> None:
        """Show the present state of the wizard."""
        self.query_one(HeaderLine).show_wizard(self.wizard)
        self._show_progress()
        live = self.query_one("#live", Wrapped)
        text = self.live()
        live.show(text)
        live.display = bool(text.plain)
        self.show_focus_help()
        self.query_one(KeyLine).show_found(self.findings_summary())

    def _width_class(self, width: int) -> str:
        return [name for cells, name in self.HORIZONTAL_BREAKPOINTS if width >= cells][-1]

    def _show_progress(self) -> None:
        progress = self.progress()
        for steps in (*self.query(StepLine), *self.query(StepList)):
            steps.show(progress)

    def on_resize(self, event: Resize) -> None:
        """Add the steps as a column or as a line when the width needs them for the first time."""
        in_column = self._width_class(event.size.width) in WITH_COLUMN
        if in_column and not self.query(StepList):
            self.query_one("#middle").mount(StepList(), before=0)
        elif not in_column and not self.query(StepLine):
            self.mount(StepLine(), before="#middle")
        else:
            return
        self._show_progress()

    def edit(self, texts: Mapping[str, str]) -> None:
        """Change decisions (key → text); see ``widgets.base.edited``."""
        self.unsay()
        edit(self, self.wizard, texts)

    def progress(self) -> StepProgress:
        """Return the current step and which steps have errors."""
        wrong = frozenset(
            step for step in self.wizard.visited if step != "start" and not self.step_is_right(step)
        )
        done = self.wizard.done if self.wizard.is_as_opened else frozenset()
        unfinished = frozenset(AFTER_REVIEW) - done
        return StepProgress(self.STEP, frozenset(self.wizard.visited), wrong, unfinished)

    def step_is_right(self, step: str) -> bool:
        """Tell whether the decisions of a visited step have no error."""
        from gpuecs_tui.widgets.form.layout import keys_of

        return not any(self.wizard.is_error(key) for key in keys_of(step))

    def refusal(self) -> str:
        """Return why "next" is refused at present; empty if it is not."""
        return ""

    def live(self) -> Content:
        """Return the line that is always visible."""
        return Content("")

    def focus_help(self) -> Content:
        """Return the help of the focused widget."""
        return Content("")

    def show_focus_help(self) -> None:
        """Update the help of the focused widget."""
        self.query_one(HelpBar).show(self._said or self.focus_help())

    def on_descendant_focus(self) -> None:
        """Show the help of the widget that got the focus."""
        if self.is_mounted:
            if self._waiting is None and monotonic() - self._said_at > SAID_SECONDS:
                self._said = None
            self.show_focus_help()

    def say(self, text: str, severity: str = "warning") -> None:
        """Show a message in place of the focused widget's help, until the focus moves.

        ``severity`` is ``error``, ``warning`` or ``success``.
        """
        self._end_wait()
        self._said, self._said_at = Content.styled(text, f"bold $text-{severity}"), monotonic()
        self.show_focus_help()

    @property
    def is_saying(self) -> bool:
        """Whether a message, or the time of a wait, is shown in place of the help."""
        return self._said is not None or self._waiting is not None

    def unsay(self) -> None:
        """Remove the message."""
        self._end_wait()
        self._said = None
        self.show_focus_help()

    def wait(self, text: str) -> None:
        """Show ``text`` and the elapsed time, until another message is shown."""
        self._end_wait()
        self._waiting = Wait(self, text, self._show_wait)

    def _show_wait(self, text: str) -> None:
        self._said = Content.styled(text, "bold $text-warning")
        self.show_focus_help()

    def _end_wait(self) -> None:
        if self._waiting is not None:
            self._waiting.end()
            self._waiting = None

    def action_next(self) -> None:
        """Go to the next step, unless this step has an error."""
        if refusal := self.refusal():
            self.say(refusal, "error")
            return
        position = IDS.index(self.STEP) + 1
        if position < len(IDS):
            self.post_message(self.Going(IDS[position]))

    def action_back(self) -> None:
        """Go to the step before this one."""
        position = IDS.index(self.STEP) - 1
        if position >= 0:
            self.post_message(self.Going(IDS[position]))

    def action_page(self, direction: int) -> None:
        """Scroll the body by a page."""
        body = self.query_one("#body", Scroller)
        body.scroll_relative(y=direction * max(body.size.height - 1, 1), animate=False)

    def action_steps(self) -> None:
        """Open the menu of the steps."""
        from gpuecs_tui.widgets.step.menu import StepMenu

        def go(step: str | None) -> None:
            if step and step != self.STEP:
                self.post_message(self.Going(step))

        self.app.push_screen(StepMenu(self.progress(), self.wizard.reachable), go)

    def action_help(self) -> None:
        """Show the help of this screen."""
        from gpuecs_tui.widgets.step.help import HelpScreen

        sections = help_sections(all_entries(self))
        self.app.push_screen(HelpScreen(self.STEP, self.HELP, self.HELP_KEYS, sections))

    def action_findings(self) -> None:
        """List all errors, missing answers, warnings and unknown facts."""
        from gpuecs_tui.widgets.step.findings_screen import FindingsScreen, Remark

        def go(remark: Remark | None) -> None:
            if remark is not None:
                self.go_to_key(remark.key)

        self.app.push_screen(FindingsScreen(self.wizard), go)

    def action_fit(self) -> None:
        """Show the picture of the tasks on instances, with the sizes as they are typed."""
        from gpuecs_tui.checks.context import context_of
        from gpuecs_tui.widgets.pictures.fit_picture import FitScreen

        stack = self.wizard.decisions.stack
        self.app.push_screen(FitScreen(context_of(stack, self.wizard.account.facts)))

    def go_to_key(self, key: str) -> None:
        """Focus the field of ``key``, on the step that has it."""
        from gpuecs_tui.widgets.form.layout import step_of

        step = step_of(key)
        self.wizard.focused[step] = key
        self.post_message(self.Going(step))

    def findings_summary(self) -> Content:
        """Return the number of findings, in one short text."""
        errors = sum(finding.severity == "error" for finding in self.wizard.findings)
        warnings = sum(finding.severity == "warning" for finding in self.wizard.findings)
        unknown = len(self.wizard.findings) - errors - warnings
        parts = []
        if errors:
            text = ngettext("{n} error", "{n} errors", errors).format(n=errors)
            parts.append(Content.styled(text, "$text-error"))
        if warnings:
            text = ngettext("{n} warning", "{n} warnings", warnings).format(n=warnings)
            parts.append(Content.styled(text, "$text-warning"))
        if unknown:
            text = _("{n} unknown").format(n=unknown)
            parts.append(Content.styled(text, MUTED))
        return Content(" ").join(parts)
