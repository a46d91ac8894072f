"""The review of the stack before it is written: a picture, the findings, the files, every
decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import ContentSwitcher

from gpuecs_tui.checks.context import context_of
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.write.rewrite import files_for
from gpuecs_tui.terraform.write.stack import WriteChanges, WriteProblem
from gpuecs_tui.widgets.base.age import age_line, oldest
from gpuecs_tui.widgets.base.code import code_lines
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.tab_line import Tab, TabLine
from gpuecs_tui.widgets.base.text_pane import TextPane
from gpuecs_tui.widgets.form.decision_rows import decision_choices
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import MOVING, SCREEN, WIZARD
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.rows import Choices
from gpuecs_tui.widgets.pictures.cost_line import cost_page
from gpuecs_tui.widgets.pictures.fit_picture import FitPicture
from gpuecs_tui.widgets.pictures.stack_picture import Picture
from gpuecs_tui.widgets.review.files_page import FilesPage
from gpuecs_tui.widgets.review.findings_page import FindingsPage, findings_tab
from gpuecs_tui.widgets.review.keys import BRING_UP_TO_DATE
from gpuecs_tui.widgets.review.stack_writer import StackWriter, Wish, changes_to
from gpuecs_tui.widgets.review.state_mover import StateMover
from gpuecs_tui.widgets.review.unchecked import UncheckedPage
from gpuecs_tui.widgets.review.words import (
    despite_question,
    plans_as_it_is,
    what_writing_does,
    why_not_written,
)
from gpuecs_tui.widgets.step.account_app import AccountApp
from gpuecs_tui.widgets.step.findings_screen import remarks
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard.session import WizardSession
from gpuecs_tui.wizard.upgrade import is_earlier, rewritten

PAGE_TEXTS: Mapping[str, str] = {
    "picture": N_("Go to the Picture tab"),
    "findings": N_("Go to the Findings tab"),
    "files": N_("Go to the Files tab"),
    "decisions": N_("Go to the Decisions tab"),
    "fit": N_("Go to the Fit tab"),
    "cost": N_("Go to the Cost tab"),
    "unchecked": N_("Go to the Unchecked tab"),
}
"""Tab → the text of its key, in the order of the tabs."""
PAGES = tuple(PAGE_TEXTS)
_TURN = N_("tab"), N_("Go to the previous or the next tab")


class DecisionList(ChoiceList):
    """Lists every decision; Enter goes to the field of one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "take", N_("go to field"), N_("Go to the field of the decision"), SCREEN)
    ]


class ReviewScreen(StepScreen):
    """Shows the decisions, writes the files, and continues to the run."""

    app = getters.app(AccountApp)

    STEP = "review"
    CSS_PATH = "review.tcss"
    HELP = N_(
        "Nothing is in the directory until you write it. The files are plain "
        "Terraform that works without this program. Files that this program did not "
        "create are not changed. If you edited one of its files by hand, you see the "
        "difference and are asked before it is overwritten.\n\nIf the checks found an "
        "error, you must type the name of the stack before anything is written. "
        "Warnings and unknown facts do not prevent writing; they describe risks. The "
        "Unchecked tab lists what no check covers."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            bind(str(number), f"page_of('{page}')", N_("tab"), text, SCREEN)
            for number, (page, text) in enumerate(PAGE_TEXTS.items(), 1)
        ),
        bind("left", "turn_page(-1)", *_TURN, MOVING, show=False),
        bind("right", "turn_page(1)", *_TURN, MOVING, show=False),
        bind("w", "write(False)", N_("write"), N_("Write the files, without a plan"), SCREEN),
        BRING_UP_TO_DATE,
        bind("ctrl+n", "next", N_("next"), N_("Write the files and plan the changes"), WIZARD),
    ]

    @dataclass
    class Rendered(Message):
        """The files of a stack."""

        files: Mapping[str, str]
        stack: Stack

    @dataclass
    class Compared(Message):
        """The changes that writing would make, or why they could not be read."""

        stack: Stack
        changes: WriteChanges | None
        problem: str = ""

    def __init__(self, wizard: WizardSession) -> None:
        super().__init__(wizard)
        self._page = PAGES[0]
        self._stack: Stack | None = None
        """The stack of the shown files; None while it isn't valid."""
        self._files: Mapping[str, str] = {}
        self._changes: WriteChanges | None = None
        self._notice = ""
        """A refusal or a result, visible until something changes."""
        self._notice_style = ""

    def compose_body(self) -> ComposeResult:
        """Yield the names of the tabs above the current one."""
        yield StackWriter(self.wizard)
        yield StateMover(self.wizard)
        yield TabLine()
        with ContentSwitcher(initial=self._page):
            yield Picture(id="picture")
            yield FindingsPage(id="findings")
            yield FilesPage(id="files")
            yield DecisionList(Choices("", ("", "", ""), ()), filters=False, id="decisions")
            yield FitPicture(id="fit")
            yield TextPane(id="cost")
            yield UncheckedPage(id="unchecked")

    def on_mount(self) -> None:
        """Start with the picture."""
        super().on_mount()
        self.query_one(Picture).focus()

    def changed(self) -> None:
        """Draw, list and render the present stack."""
        decisions = self.wizard.decisions
        resolved = decisions.resolved
        valid = not (decisions.problems or decisions.missing or decisions.unknown)
        context = context_of(resolved.stack, self.wizard.account.facts)
        self.query_one(Picture).draw(context, resolved.missing)
        known = context_of(decisions.stack, self.wizard.account.facts)
        self.query_one(FitPicture).draw(known)
        self.query_one("#cost", TextPane).show(cost_page(known), keep_place=True)
        self.query_one(UncheckedPage).show(self.wizard, known)
        age = age_line(oldest(self.wizard.account.facts))
        page = self.query_one(FindingsPage)
        page.show_remarks(remarks(self.wizard), age, is_checked=self.wizard.is_checked)
        self.query_one("#decisions", ChoiceList).replace_choices(decision_choices(self.wizard))
        stack = resolved.stack if valid else None
        if stack != self._stack or (stack is None and self._files):
            self._stack, self._changes, self._notice = stack, None, ""
            if stack is None:
                self._files = {}
                self.query_one(FilesPage).show({}, None)
            else:
                self._produce(stack)
        self._show_tabs()
        super().changed()
        self.refresh_bindings()

    @work(thread=True, group="render", exclusive=True, exit_on_error=False)
    def _produce(self, stack: Stack) -> None:
        files = files_for(stack, self.wizard.options.directory)
        # The first colouring imports pygments and its lexer. It is done here, so that no key press
        # waits for it.
        for name in list(files)[:1]:
            code_lines(name, "")
        self.post_message(self.Rendered(files, stack))
        self.post_message(self._compared(stack, files))

    def _compared(self, stack: Stack, files: Mapping[str, str]) -> Compared:
        try:
            return self.Compared(stack, changes_to(self.wizard, files))
        except (ReadProblem, WriteProblem, OSError) as problem:
            return self.Compared(stack, None, str(problem))

    @on(Rendered)
    def _rendered(self, message: Rendered) -> None:
        if message.stack == self._stack:
            self._files = message.files
            self.query_one(FilesPage).show(message.files, None)

    @on(Compared)
    def _take_comparison(self, message: Compared) -> None:
        if message.stack != self._stack:
            return
        self._changes = message.changes
        self._tell(message.problem, "$text-error")
        if message.changes is not None:
            self.query_one(FilesPage).show(self._files, message.changes)
        self._show_tabs()
        super().changed()

    def _show_tabs(self) -> None:
        found = remarks(self.wizard)
        changing = len(self._changes.files) if self._changes else 0
        tabs = (
            Tab("picture", _("Picture")),
            findings_tab(found, is_checked=self.wizard.is_checked),
            Tab("files", _("Files"), str(changing) if changing else ""),
            Tab("decisions", _("Decisions")),
            Tab("fit", _("Fit")),
            Tab("cost", _("Cost")),
            Tab("unchecked", _("Unchecked")),
        )
        self.query_one(TabLine).show_tabs(tabs, self._page)

    def action_page_of(self, page: str) -> None:
        """Show a tab."""
        self._page = page
        switcher = self.query_one(ContentSwitcher)
        switcher.current = page
        switcher.query_one(f"#{page}").focus()
        self._show_tabs()
        super().changed()

    def action_turn_page(self, by: int) -> None:
        """Show the next or the previous tab."""
        self.action_page_of(PAGES[(PAGES.index(self._page) + by) % len(PAGES)])

    def refusal(self) -> str:
        """Return the error that prevents writing the stack, and show it."""
        self.wizard.check()
        reason = why_not_written(self.wizard)
        if reason and remarks(self.wizard):
            self.action_page_of("findings")
        return reason

    def action_next(self) -> None:
        """Write the stack if it has changes, and continue to the plan."""
        self.action_write(True)

    def action_write(self, then_run: bool) -> None:
        """Write the stack into the directory."""
        if then_run and plans_as_it_is(self.wizard):
            self._go_on(True)
        elif reason := self.refusal():
            if self._stack is None or why_not_written(self.wizard, despite_findings=True):
                self.say(reason, "error")
            else:
                self._ask_despite_findings(self._stack, then_run)
        elif self._stack is not None:
            self.query_one(StackWriter).begin(Wish(self._stack, then_run))

    def action_bring_up_to_date(self) -> None:
        """Write only the upgrade of the earlier version's Terraform, and continue to the plan."""
        self.query_one(StackWriter).begin(Wish(None, then_run=True))

    def _ask_despite_findings(self, stack: Stack, then_run: bool) -> None:
        """Write the stack despite an error of a rule, after its name was typed."""

        def answered(yes: bool | None) -> None:
            if yes:
                self.query_one(StackWriter).begin(Wish(stack, then_run))

        self.app.push_screen(despite_question(self.wizard), answered)

    @on(StackWriter.HandEditsFound)
    def _show_hand_edits(self) -> None:
        self.action_page_of("files")

    @on(StackWriter.Written)
    def _written(self, message: StackWriter.Written) -> None:
        if message.wish.stack is not None:
            self.wizard.written(message.answers)
        rewritten(self.wizard)
        if message.changed:
            self.wizard.has_written = True
            self.wizard.note_done("run", False)
            self.app.directory_written()
        self.query_one(StateMover).begin(message.wish.then_run)

    @on(StateMover.InPlace)
    def _state_in_place(self, message: StateMover.InPlace) -> None:
        self.unsay()
        if message.moved:
            # The finding that the state must be moved is no longer valid.
            self.app.read_owned()
        self._go_on(message.then_run)

    @on(StateMover.Begun)
    def _state_moves(self) -> None:
        self.wait(_("Moving the state …"))

    @on(StateMover.Declined)
    def _state_stays(self) -> None:
        self.say(_("Files written. Move the state before you run a plan."))

    @on(StateMover.Refused)
    def _state_refused(self, message: StateMover.Refused) -> None:
        self.say(escape_controls(message.reason), "error")

    def _go_on(self, then_run: bool) -> None:
        if then_run:
            self.wizard.wanted_run = "apply"
            self.post_message(self.Going("run"))
            return
        self._tell(_("Files written."), "$text-success")
        if self._stack is not None:
            self._produce(self._stack)
        super().changed()

    @on(StackWriter.Refused)
    def _refused(self, message: StackWriter.Refused) -> None:
        self.say(message.reason, "error")

    @on(FindingsPage.FieldWanted)
    def _field_wanted(self, message: FindingsPage.FieldWanted) -> None:
        self.go_to_key(message.remark.key)

    @on(FindingsPage.FixWanted)
    def _fix_wanted(self, message: FindingsPage.FixWanted) -> None:
        self.edit(dict(message.remark.fix))

    @on(ChoiceList.Taken)
    def _decision_taken(self, message: ChoiceList.Taken) -> None:
        self.go_to_key(message.ids[0])

    def say(self, text: str, severity: str = "warning") -> None:
        """Show a message below the tab, until something changes."""
        self._end_wait()
        self._tell(text, f"bold $text-{severity}")
        super().changed()

    def unsay(self) -> None:
        """Remove the message."""
        self._end_wait()
        self._tell("", "")
        super().changed()

    def _show_wait(self, text: str) -> None:
        self._tell(text, "bold $text-warning")
        super().changed()

    def _tell(self, text: str, style: str) -> None:
        self._notice, self._notice_style = text, style

    def live(self) -> Content:
        """Return what writing would do, or the result of a write."""
        if self._notice:
            return Content.styled(escape_controls(self._notice), self._notice_style)
        return Content(what_writing_does(self.wizard, self._changes))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the upgrade only if the earlier version wrote the directory."""
        if action == "bring_up_to_date":
            return is_earlier(self.wizard)
        return super().check_action(action, parameters)
