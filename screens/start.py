"""The start screen: a new stack, a draft, the Terraform in the directory, or an active run."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.keys.binding import bind, key_for_action, key_in_sentence
from gpuecs_tui.widgets.keys.groups import SCREEN, WIZARD
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.rows import Choices
from gpuecs_tui.widgets.review.keys import BRING_UP_TO_DATE
from gpuecs_tui.widgets.step.commands import DESTROY
from gpuecs_tui.widgets.step.screen import ROOMY_BREAKPOINTS, StepScreen
from gpuecs_tui.widgets.step.start_words import NEW, KnownAtStart
from gpuecs_tui.widgets.step.steps import IDS, STATE
from gpuecs_tui.wizard import drafts
from gpuecs_tui.wizard.drafts import Draft, DraftProblem
from gpuecs_tui.wizard.first_look import may_hold_a_stack
from gpuecs_tui.wizard.profile_key import PROFILE
from gpuecs_tui.wizard.session import WizardSession

if TYPE_CHECKING:
    from gpuecs_tui.terraform.recovery.remedies import Recovery
    from gpuecs_tui.wizard.directory_status import DirectoryStatus

FIRST = IDS[1]
"""The step that follows the start."""
LAST_FORM = "review"
"""The first step for a stack that was read from files and is not deployed."""

STATE_SECONDS = 5.0
"""Seconds that opening a stack waits until it is known whether the stack is deployed; a state in a
bucket is read in one or two seconds."""
LOOK_AFTER = 0.05
"""Seconds until the first frame is painted for certain: its imports then don't wait for those of
another thread."""


class StartScreen(StepScreen):
    """The first screen, with the possible starts."""

    STEP = "start"
    HORIZONTAL_BREAKPOINTS = ROOMY_BREAKPOINTS
    HELP = N_(
        "Every key press is saved in a draft, outside the directory, until the stack "
        "is written as Terraform. You can quit at any time and continue later.\n\n"
        "Terraform that is already in the directory is read back and can be changed. "
        "A Terraform run continues when this program or its terminal ends; you can "
        "open it here."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+n", "next", N_("next"), N_("Choose the highlighted row"), WIZARD),
        bind("D", "destroy", N_("destroy"), DESTROY, SCREEN),
        bind(
            "ctrl+r",
            "look",
            N_("read again"),
            N_("Read the directory again"),
            SCREEN,
            show=False,
        ),
    ]

    class Surveyed(Message):
        """The directory was inspected."""

        def __init__(self, survey: DirectoryStatus, same: bool = False) -> None:
            super().__init__()
            self.survey = survey
            self.same = same
            """Whether the draft has the same answers as the directory's Terraform."""

    class Examined(Message):
        """The problems of the directory's state were read."""

        def __init__(self, recovery: Recovery) -> None:
            super().__init__()
            self.recovery = recovery

    _refused = False
    """Whether another wizard saved the draft after it was loaded."""
    _profile = ""
    """The profile of a draft that otherwise has the same answers as the directory."""
    _wanted = ""
    """The row that was chosen before the directory was read."""

    def __init__(self, wizard: WizardSession) -> None:
        super().__init__(wizard)
        self._known = KnownAtStart(wizard)

    def compose_body(self) -> ComposeResult:
        """Yield the directory, the menu, and the facts about the directory that are known now."""
        self._load_draft()
        self._known.may_hold_a_stack = may_hold_a_stack(self.wizard.options.directory)
        yield Static(self._where(), id="where", markup=False)
        yield ChoiceList(self._choices(), filters=False, id="menu")
        yield Static(self._facts(), id="facts", markup=False)

    def on_mount(self) -> None:
        """Focus the menu; read the other facts in a thread."""
        self.query_one(ChoiceList).focus()
        super().on_mount()
        self.set_timer(LOOK_AFTER, self.action_look)

    def _load_draft(self) -> None:
        self._refused = bool(self.wizard.draft_refusal)
        try:
            self._known.draft = drafts.load(self.wizard.options.directory)
        except DraftProblem as problem:
            self._known.draft_problem = str(problem)

    def changed(self) -> None:
        """Update the screen; offer the draft of another wizard that has ended since."""
        super().changed()
        if self._refused and not self.wizard.draft_refusal and not self.wizard.texts:
            self._load_draft()
            self._offer()
            self._look()
        else:
            self._show_facts()
        self.refresh_bindings()
        if self._wanted == "open" and self.wizard.state is not None:
            self._wanted = ""
            self.unsay()
            self._open_stack()

    def action_look(self) -> None:
        """Inspect the directory, and find Terraform."""
        self._look()
        self._examine()

    @work(thread=True, group="examine", exclusive=True, exit_on_error=False)
    def _examine(self) -> None:
        # Imported late: only the requirements of the first frame are imported before it.
        from gpuecs_tui.terraform.recovery.remedies import examine
        from gpuecs_tui.wizard.run_environment import state_environment

        environ = state_environment(self.wizard.profile)
        self.post_message(self.Examined(examine(self.wizard.options.directory, environ)))

    @on(Examined)
    def _examined(self, message: Examined) -> None:
        self._known.recovery = message.recovery
        if message.recovery.sentences():
            self._offer()

    @work(thread=True, group="survey", exclusive=True, exit_on_error=False)
    def _look(self) -> None:
        from gpuecs_tui.wizard import directory_status

        found, draft = directory_status.inspect(self.wizard.options.directory), self._known.draft
        same = (
            draft is not None
            and bool(found.texts)
            and (directory_status.same_stack(draft.texts, found.texts))
        )
        self.post_message(self.Surveyed(found, same))

    @on(Surveyed)
    def _surveyed(self, message: Surveyed) -> None:
        self._known.survey = message.survey
        self.wizard.note_done("run", message.survey.applied)
        if message.same:
            self._forget_draft()
        self._offer()
        self.changed()
        self.post_message(self.Ready())
        wanted, self._wanted = self._wanted, ""
        if wanted:
            self.unsay()
            self._take_what_was_wanted(wanted, message.survey)

    def _take_what_was_wanted(self, row: str, found: DirectoryStatus) -> None:
        """Open ``row``, which was chosen before ``found`` was known, or ask for an action."""
        if (
            row == "draft"
            and self._known.draft is not None
            and not self._known.newer()
            and found.run is None
        ):
            self._take_draft(self._known.draft)
        elif found.run is not None:
            self.say(_("A run in this directory has not ended. Choose an action."))
        elif found.problem:
            self.say(_("Could not read this directory. Choose an action."))
        elif found.terraform:
            self.say(_("This directory contains a stack. Choose an action."))
        elif row == NEW:
            self._begin_new()
        else:
            self.say(_("This directory contains no stack. Choose an action."))

    def _offer(self) -> None:
        self.query_one("#where", Static).update(self._where())
        self.query_one(ChoiceList).replace_choices(self._choices(), keep_row=False)
        self._show_facts()

    def _show_facts(self) -> None:
        self.query_one("#facts", Static).update(self._facts())

    def _where(self) -> Content:
        directory = escape_controls(str(self.wizard.options.directory))
        return Content.assemble(_("Stack directory"), "  ", (directory, "bold"))

    def _choices(self) -> Choices:
        return Choices("", ("", ""), tuple(self._known.rows()))

    def _facts(self) -> Content:
        return Content("\n").join(self._known.facts(key_in_sentence(BRING_UP_TO_DATE)))

    @on(ChoiceList.Taken)
    def _taken(self, message: ChoiceList.Taken) -> None:
        self._wanted = ""
        match message.ids[0]:
            case "state":
                self._take_what_the_run_is_about()
                self.post_message(self.Going(STATE))
            case "run":
                self._take_what_the_run_is_about()
                self.post_message(self.Going("run"))
            case "back":
                self.post_message(self.Going(self.wizard.visited[-1]))
            case "draft" | "new" | "look" as row if (
                self._known.survey is None and self._known.may_hold_a_stack
            ):
                self._wanted = row
                self.wait(_("Reading the Terraform in the directory …"))
            case "draft":
                assert self._known.draft is not None
                self._take_draft(self._known.draft)
            case "open" if self.wizard.state is None:
                self._wanted = "open"
                self.wait(_("Reading the stack's state …"))
                self.set_timer(STATE_SECONDS, self._open_without_state)
            case "open":
                self._open_stack()
            case "new":
                self._begin_new()

    def _open_without_state(self) -> None:
        """Open the stack although its state takes long or could not be read: the stack may be
        deployed."""
        if self._wanted == "open":
            self._wanted = ""
            self.unsay()
            self._open_stack()

    def _open_stack(self) -> None:
        assert self._known.survey is not None
        self._keep_draft_aside()
        self._open(self._known.survey)
        self.wizard.visited = IDS
        self.post_message(self.Going("deployment" if self._is_deployed else LAST_FORM))

    @property
    def _is_deployed(self) -> bool:
        """Whether the stack's state has resources or, if it is unknown, the last run applied it."""
        owned = self.wizard.owned
        if owned:
            return True
        is_unknown = owned is None or self.wizard.state is None
        return is_unknown and self._known.survey is not None and self._known.survey.applied

    def action_destroy(self) -> None:
        """Plan a destroy on the run screen."""
        self._take_what_the_run_is_about()
        self.wizard.wanted_run = Operation.DESTROY
        self.post_message(self.Going("run"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the key for a destroy if the directory has a deployed stack."""
        if action == "destroy":
            return self._is_deployed
        return super().check_action(action, parameters)

    def _take_draft(self, draft: Draft) -> None:
        self.wizard.adopt(draft)
        if self._known.survey is not None:
            self.wizard.found_unread(self._known.survey.texts, self._known.survey.unread)
        step = draft.step if draft.step in IDS else FIRST
        self.post_message(self.Going(FIRST if step == "start" else step))

    def _begin_new(self) -> None:
        from gpuecs_tui.widgets.step.first_texts import first_texts

        self._keep_draft_aside()
        self.wizard.begin(first_texts(self.wizard))
        self.wizard.visited = ("start",)
        self.post_message(self.Going(FIRST))

    def _take_what_the_run_is_about(self) -> None:
        """Use a name and a Region for the run's screens; never replace a draft with an empty
        one."""
        if self.wizard.texts:
            return
        if self._known.draft is not None:
            self.wizard.adopt(self._known.draft)
        elif self._known.survey is not None and self._known.survey.texts:
            self._open(self._known.survey)
            self.wizard.visited = IDS

    def _open(self, found: DirectoryStatus) -> None:
        self.wizard.open_directory(found.texts, found.opened, self._profile)
        self.wizard.found_unread(self.wizard.texts, found.unread)

    def _forget_draft(self) -> None:
        """Stop offering the draft: the directory has its answers, except for the profile."""
        assert self._known.draft is not None
        self._profile = self._known.draft.texts.get(PROFILE, "")
        self._known.draft = None
        if self._profile or self.wizard.draft_refusal or self.wizard.texts:
            return
        try:
            drafts.drop(self.wizard.options.directory)
        except DraftProblem as problem:
            self._known.draft_problem = str(problem)

    def _keep_draft_aside(self) -> None:
        if self.wizard.draft_refusal:
            return
        self.wizard.flush()
        try:
            drafts.set_aside(self.wizard.options.directory)
        except DraftProblem as problem:
            self._known.draft_problem = str(problem)

    def action_next(self) -> None:
        """Choose the highlighted row."""
        self.query_one(ChoiceList).action_take()

    def focus_help(self) -> Content:
        """Show the help of the menu."""
        text = _("Choose a row and press {key}.")
        return Content(text.format(key=key_for_action(ChoiceList, "take")))
