"""Where to begin: anew, with a draft, with the Terraform that is there, or at a run going on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.terraform.runs.run_status import operation_title, title
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import SCREEN, WIZARD
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.rows import Choices, Row
from gpuecs_tui.widgets.step.draft_age import newer_file, shown_time
from gpuecs_tui.widgets.step.screen import ROOMY_BREAKPOINTS, StepScreen
from gpuecs_tui.widgets.step.steps import IDS
from gpuecs_tui.wizard import drafts
from gpuecs_tui.wizard.drafts import Draft, DraftProblem
from gpuecs_tui.wizard.first_look import may_hold_a_stack
from gpuecs_tui.wizard.profile_key import PROFILE

if TYPE_CHECKING:
    from gpuecs_tui.terraform.recovery.remedies import Recovery
    from gpuecs_tui.wizard.directory_status import DirectoryStatus

FIRST = IDS[1]
"""The step after this one."""
NEW, LOOK = "new", "look"
"""Ids of the row that begins a stack, and of the one in place of what is still being read."""
LAST_FORM = "review"
"""Where a stack that was read back may be gone to at once."""

STATE_SECONDS = 5.0
"""For which opening a stack waits until it is known whether it is deployed; a state in a bucket is
read in one or two seconds."""
LOOK_AFTER = 0.05
"""Seconds: the first frame is painted by then, and its imports don't wait for another thread's."""


class StartScreen(StepScreen):
    """Offers what there is to begin with."""

    STEP = "start"
    HORIZONTAL_BREAKPOINTS = ROOMY_BREAKPOINTS
    HELP = N_(
        "Everything you type is kept as a draft at every key press, outside the directory, "
        "until it is written as Terraform. You can leave at any time and go on later.\n\n"
        "Terraform that is already in the directory is read back and can be changed. A run of "
        "Terraform goes on by itself when this program or its terminal ends; it is offered "
        "here."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+n", "next", N_("next"), N_("Do what the highlighted row says"), WIZARD),
        bind(
            "ctrl+r",
            "look",
            N_("read again"),
            N_("Read the directory again"),
            SCREEN,
            show=False,
        ),
    ]

    @dataclass
    class Surveyed(Message):
        """The directory was looked at."""

        survey: DirectoryStatus
        same: bool = False
        """Whether the draft says what the directory's Terraform says."""

    @dataclass
    class Examined(Message):
        """It is known what is amiss with the directory's state."""

        recovery: Recovery

    _recovery: Recovery | None = None
    _draft: Draft | None = None
    _draft_problem = ""
    _refused = False
    """Whether another wizard kept the draft when it was loaded."""
    _profile = ""
    """The profile of a draft that says nothing else than the directory."""
    _survey: DirectoryStatus | None = None
    _wanted = ""
    """The row on which Enter was pressed before it was known what that leads to."""
    _may_hold_a_stack = False
    """Whether names alone leave it open that the directory holds Terraform or a run."""

    def compose_body(self) -> ComposeResult:
        """The directory, what is known of it, and the menu."""
        yield Static(id="where", markup=False)
        yield ChoiceList(Choices("", ("", ""), ()), filters=False, id="menu")
        yield Static(id="facts", markup=False)

    def on_mount(self) -> None:
        """Offer what can be told at once; look at the rest in a thread."""
        self._load_draft()
        self._may_hold_a_stack = may_hold_a_stack(self.wizard.options.directory)
        self._offer()
        menu = self.query_one(ChoiceList)
        menu.focus()
        super().on_mount()
        self.set_timer(LOOK_AFTER, self.action_look)

    def _load_draft(self) -> None:
        self._refused = bool(self.wizard.draft_refusal)
        try:
            self._draft = drafts.load(self.wizard.options.directory)
        except DraftProblem as problem:
            self._draft_problem = str(problem)

    def changed(self) -> None:
        """Show the wizard; offer the draft of another wizard that has ended since."""
        super().changed()
        if self._refused and not self.wizard.draft_refusal and not self.wizard.texts:
            self._load_draft()
            self._offer()
            self._look()
        else:
            self._show_facts()
        if self._wanted == "open" and self.wizard.state is not None:
            self._wanted = ""
            self.unsay()
            self._open_stack()

    def action_look(self) -> None:
        """Look at the directory and for Terraform."""
        self._look()
        self._examine()

    @work(thread=True, group="examine", exclusive=True, exit_on_error=False)
    def _examine(self) -> None:
        # Late: only what the first frame needs is imported before it.
        from gpuecs_tui.terraform.recovery.remedies import examine
        from gpuecs_tui.wizard.run_environment import state_environment

        environ = state_environment(self.wizard.profile)
        self.post_message(self.Examined(examine(self.wizard.options.directory, environ)))

    @on(Examined)
    def _examined(self, message: Examined) -> None:
        self._recovery = message.recovery
        if message.recovery.sentences():
            self._offer()

    @work(thread=True, group="survey", exclusive=True, exit_on_error=False)
    def _look(self) -> None:
        from gpuecs_tui.wizard import directory_status

        found, draft = directory_status.inspect(self.wizard.options.directory), self._draft
        same = (
            draft is not None
            and bool(found.texts)
            and (directory_status.same_stack(draft.texts, found.texts))
        )
        self.post_message(self.Surveyed(found, same))

    @on(Surveyed)
    def _surveyed(self, message: Surveyed) -> None:
        self._survey = message.survey
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
        """Do what Enter on ``row`` asked for before ``found`` was known, or say what to choose."""
        if row == "draft" and self._draft is not None and not self._newer() and found.run is None:
            self._take_draft(self._draft)
        elif found.run is not None:
            self.say(_("A run of this directory has not ended. Choose what to do."))
        elif found.problem:
            self.say(_("Could not read this directory. Choose what to do."))
        elif found.terraform:
            self.say(_("This directory holds a stack. Choose what to do with it."))
        elif row == NEW:
            self._begin_new()
        else:
            self.say(_("This directory holds no stack. Choose what to do."))

    def _offer(self) -> None:
        directory = escape_controls(str(self.wizard.options.directory))
        self.query_one("#where", Static).update(
            Content.assemble(_("Stack directory"), "  ", (directory, "bold"))
        )
        self.query_one(ChoiceList).replace_choices(
            Choices("", ("", ""), tuple(self._rows())), keep_row=False
        )
        self._show_facts()

    def _show_facts(self) -> None:
        self.query_one("#facts", Static).update(Content("\n").join(self._facts()))

    def _rows(self) -> list[Row]:
        rows = []
        if self._recovery is not None and self._recovery.is_amiss:
            note = _("after a run that ended badly")
            rows.append(Row("state", (_("Look at the state and mend it"), note)))
        found = self._survey
        if found is not None and found.run is not None:
            run = found.run
            who = _("{operation}, {state}, by {user} on {host}").format(
                operation=operation_title(run.operation),
                state=title(run.state),
                user=run.user,
                host=run.host,
            )
            rows.append(Row("run", (_("Watch the run on this directory"), who)))
        typed = []
        if self.wizard.texts:
            typed.append(Row("back", (_("Continue editing"), "")))
        elif self._draft is not None:
            answers = sum(bool(text) for text in self._draft.texts.values())
            number = ngettext("{n} answer", "{n} answers", answers).format(n=answers)
            typed.append(Row("draft", (_("Continue your draft"), f"{number}, {self._age()}")))
        present = []
        if found is None and self._may_hold_a_stack:
            present.append(Row(LOOK, (_("Existing stack"), _("the directory is being read …"))))
        if found is not None and found.terraform:
            name = found.texts.get("stack.name", "")
            region = found.texts.get("stack.region", "")
            present.append(Row("open", (_("Open existing stack"), f"{name} {region}".strip())))
        # A directory that changed after the draft was saved is the safer choice.
        rows += [*present, *typed] if self._newer() else [*typed, *present]
        notes = []
        if found is not None and found.terraform:
            notes.append(_("replaces the existing stack"))
        if self._draft or self.wizard.texts:
            notes.append(_("your draft is backed up"))
        rows.append(Row(NEW, (_("Begin a new stack"), "; ".join(notes))))
        return rows

    def _age(self) -> str:
        assert self._draft is not None
        return shown_time(self._draft.saved_at) if self._draft.saved_at else ""

    def _newer(self) -> str:
        """Say which file changed after the draft was saved; empty where none did."""
        if self._draft is None or self._survey is None or self.wizard.texts:
            return ""
        return newer_file(self._draft, self._survey)

    def _facts(self) -> list[Content]:
        lines = []
        if newer := self._newer():
            lines.append(Content.styled(f"! {escape_controls(newer)}", "$text-warning"))
        if self._recovery is not None and self._recovery.is_amiss:
            lines += [
                Content.styled(f"! {escape_controls(sentence)}", "$text-warning")
                for sentence in self._recovery.sentences()
                # What keeps both from looking is said once, with its remedy.
                if self._survey is None or sentence not in self._survey.problem
            ]
        if self.wizard.draft_refusal:
            lines.append(Content.styled(f"! {self.wizard.draft_refusal}", "$text-warning"))
        if self._draft_problem:
            lines.append(Content.styled(f"! {self._draft_problem}", "$text-warning"))
        found = self._survey
        if found is None:
            return [*lines, Content.styled(_("Looking at the directory …"), MUTED)]
        if found.engine:
            lines.append(Content.styled(f"✓ {found.engine}", MUTED))
        if found.engine_problem:
            text = _("! {problem} You can fill everything in meanwhile.")
            lines.append(Content.styled(text.format(problem=found.engine_problem), "$text-warning"))
        if found.problem:
            lines.append(Content.styled(f"! {escape_controls(found.problem)}", "$text-warning"))
        if found.unwritable:
            lines.append(Content.styled(f"! {escape_controls(found.unwritable)}", "$text-warning"))
        if found.unfinished:
            lines.append(Content.styled(f"! {escape_controls(found.unfinished)}", "$text-warning"))
        if gone := [each.what for each in found.unread if each.is_deleted]:
            text = ngettext(
                "! A file that gpuecs-tui wrote here was deleted: {names}.",
                "! Files that gpuecs-tui wrote here were deleted: {names}.",
                len(gone),
            ).format(names=", ".join(gone))
            lines.append(Content.styled(escape_controls(text), "$text-warning"))
        unread = [each for each in found.unread if not (each.is_followed or each.is_deleted)]
        if unread:
            text = ngettext(
                "! {n} place in the Terraform here is not read. The findings name it.",
                "! {n} places in the Terraform here are not read. The findings name them.",
                len(unread),
            )
            lines.append(Content.styled(text.format(n=len(unread)), "$text-warning"))
        state = self.wizard.state
        if state is not None and state.earlier:
            text = _(
                "! An earlier version of gpuecs-tui wrote the Terraform here. Bring it up to date "
                "in the review (u) before any other change."
            )
            lines.append(Content.styled(text, "$text-warning"))
        elif state is not None and state.unapplied:
            text = _(
                "! The Terraform here was upgraded from an earlier version of gpuecs-tui, and the "
                "upgrade is not applied yet. Plan and apply it before any other change."
            )
            lines.append(Content.styled(text, "$text-warning"))
        if found.foreign:
            text = _("There are other files in the directory; they stay untouched.")
            lines.append(Content.styled(text, MUTED))
        return lines

    @on(ChoiceList.Taken)
    def _taken(self, message: ChoiceList.Taken) -> None:
        self._wanted = ""
        match message.ids[0]:
            case "state":
                self._take_what_the_run_is_about()
                self.post_message(self.Going("state"))
            case "run":
                self._take_what_the_run_is_about()
                self.post_message(self.Going("run"))
            case "back":
                self.post_message(self.Going(self.wizard.visited[-1]))
            case "draft" | "new" | "look" as row if self._survey is None and self._may_hold_a_stack:
                self._wanted = row
                self.wait(_("Reading the Terraform in the directory …"))
            case "draft":
                assert self._draft is not None
                self._take_draft(self._draft)
            case "open" if self.wizard.state is None:
                self._wanted = "open"
                self.wait(_("Reading the stack's state …"))
                self.set_timer(STATE_SECONDS, self._open_without_state)
            case "open":
                self._open_stack()
            case "new":
                self._begin_new()

    def _open_without_state(self) -> None:
        """Open the stack whose state takes long, or could not be read: it may be deployed."""
        if self._wanted == "open":
            self._wanted = ""
            self.unsay()
            self._open_stack()

    def _open_stack(self) -> None:
        assert self._survey is not None
        self._keep_draft_aside()
        self._open(self._survey)
        self.wizard.visited = IDS
        # A stack whose state holds resources is deployed: what it does comes first.
        self.post_message(self.Going("deployment" if self.wizard.owned else LAST_FORM))

    def _take_draft(self, draft: Draft) -> None:
        self.wizard.adopt(draft)
        if self._survey is not None:
            self.wizard.found_unread(self._survey.texts, self._survey.unread)
        step = draft.step if draft.step in IDS else FIRST
        self.post_message(self.Going(FIRST if step == "start" else step))

    def _begin_new(self) -> None:
        from gpuecs_tui.widgets.step.start_texts import first_texts

        self._keep_draft_aside()
        self.wizard.begin(first_texts(self.wizard))
        self.wizard.visited = ("start",)
        self.post_message(self.Going(FIRST))

    def _take_what_the_run_is_about(self) -> None:
        """Have a name and a region for the run's screens; and no empty draft over a full one."""
        if self.wizard.texts:
            return
        if self._draft is not None:
            self.wizard.adopt(self._draft)
        elif self._survey is not None and self._survey.texts:
            self._open(self._survey)
            self.wizard.visited = IDS

    def _open(self, found: DirectoryStatus) -> None:
        self.wizard.open_directory(found.texts, found.opened, self._profile)
        self.wizard.found_unread(self.wizard.texts, found.unread)

    def _forget_draft(self) -> None:
        """Offer the draft no more: the directory says what it says, except for the profile."""
        assert self._draft is not None
        self._profile = self._draft.texts.get(PROFILE, "")
        self._draft = None
        if self._profile or self.wizard.draft_refusal or self.wizard.texts:
            return
        try:
            drafts.drop(self.wizard.options.directory)
        except DraftProblem as problem:
            self._draft_problem = str(problem)

    def _keep_draft_aside(self) -> None:
        if self.wizard.draft_refusal:
            return
        self.wizard.flush()
        try:
            drafts.set_aside(self.wizard.options.directory)
        except DraftProblem as problem:
            self._draft_problem = str(problem)

    def action_next(self) -> None:
        """Take what is highlighted."""
        self.query_one(ChoiceList).action_take()

    def focus_help(self) -> Content:
        """Explain the menu."""
        return Content(_("Choose with the arrows and Enter."))
