"""The state of the stack's directory: its resources, its problems, and their remedies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from gpuecs_tui.assessment import remedies
from gpuecs_tui.assessment.remedies import Looked, Remedy, RemedyKind
from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.recovery.held_lock import HeldLock, HolderStatus
from gpuecs_tui.terraform.recovery.lock_words import lock_sentence
from gpuecs_tui.terraform.recovery.remedies import Recovery
from gpuecs_tui.terraform.state.stored_state import NOTHING
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.base.waiting import Wait
from gpuecs_tui.widgets.keys.binding import bind, key_for_action
from gpuecs_tui.widgets.keys.groups import SCREEN, WIZARD
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.rows import Choices
from gpuecs_tui.widgets.run.advice import BRING_BACK
from gpuecs_tui.widgets.run.state_rows import action_rows, actions, resource_rows
from gpuecs_tui.widgets.run.stored_resource import StoredResourceScreen
from gpuecs_tui.widgets.step import state_move
from gpuecs_tui.widgets.step.account_app import AccountApp
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.widgets.step.steps import STATE
from gpuecs_tui.wizard.run_environment import state_environment

Work = Callable[[Path, Mapping[str, str]], str]
"""Repairs the state of a directory, with the environment to read it with; returns a message."""


class StateList(ChoiceList):
    """The resources of the state, below the actions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "enter",
            "take",
            N_("open"),
            N_("Show the resource, or run the action"),
            SCREEN,
        )
    ]


class StateScreen(StepScreen):
    """Lists the state, and repairs it after a failed or killed run."""

    app = getters.app(AccountApp)

    STEP = STATE
    CSS_PATH = "state.tcss"
    HELP = N_(
        "The state is Terraform's record of the resources that it created. If "
        "Terraform was killed, a lock was left or a state could not be saved, this "
        "screen shows the problem and its remedy. Nothing is repaired without your "
        "confirmation.\n\nResources that were created but are missing from the state "
        "are imported by the next plan, which is shown like any other before it is "
        "applied."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+n", "next", N_("next"), N_("Choose the highlighted row"), WIZARD),
        bind("ctrl+p", "back", N_("back"), N_("Go back to the start"), WIZARD),
        bind("escape", "back", N_("back"), N_("Go back to the start"), SCREEN),
        bind("ctrl+r", "look", N_("read again"), N_("Read the state again"), SCREEN, show=False),
    ]

    @dataclass
    class Examined(Message):
        """The state was read and checked."""

        looked: Looked

    @dataclass
    class CarriedOut(Message):
        """An action has ended; ``sentence`` is its result."""

        sentence: str

    @dataclass
    class Refused(Message):
        """The action was refused, or the state could not be read."""

        problem: TerraformProblem

    _state = NOTHING
    _recovery = Recovery()
    _read = False
    _reading: Wait | None = None
    """True until the state was read."""
    _unread: TerraformProblem | None = None

    def compose_body(self) -> ComposeResult:
        """Yield the directory, the problems, and the list."""
        yield Static(id="where", markup=False)
        yield Static(id="problems", markup=False)
        yield StateList(Choices("", ("", ""), ()), id="list")

    def on_mount(self) -> None:
        """Read the state."""
        super().on_mount()
        self.query_one(ChoiceList).focus()
        self.action_look()
        self._show()

    def action_look(self) -> None:
        """Read the state again."""
        if self._reading is not None:
            self._reading.end()
        self._reading = Wait(self, _("Reading the state …"), self._show_where)
        self._look()

    def _show_where(self, words: str) -> None:
        directory = escape_controls(str(self.wizard.options.directory))
        where = Content.assemble((directory, "bold"), "  ", (words, MUTED))
        self.query_one("#where", Static).update(where)

    def _has_read(self) -> None:
        self._read = True
        if self._reading is not None:
            self._reading.end()
            self._reading = None

    @work(thread=True, group="state", exclusive=True, exit_on_error=False)
    def _look(self) -> None:
        environ = state_environment(self.wizard.profile)
        self.post_message(self.Examined(remedies.look(self.wizard.options.directory, environ)))

    def _ask_first(self, question: Confirm, words: str, do: Work) -> None:
        """Ask ``question``; after a Yes, call ``do``, and show ``words`` while it runs."""

        def answered(yes: bool | None) -> None:
            if yes:
                self.wait(words)
                self._carry_out(do)

        self.app.push_screen(question, answered)

    @work(thread=True, group="state", exit_on_error=False)
    def _carry_out(self, do: Work) -> None:
        environ = state_environment(self.wizard.profile)
        try:
            self.post_message(self.CarriedOut(do(self.wizard.options.directory, environ)))
        except TerraformProblem as problem:
            self.post_message(self.Refused(problem))

    @on(Examined)
    def _examined(self, message: Examined) -> None:
        looked = message.looked
        self._state, self._recovery = looked.state or NOTHING, looked.recovery
        self._has_read()
        self._unread = looked.unread
        self._show()
        if looked.unread is not None:
            self.say(escape_controls(str(looked.unread)), "error")
        self.changed()

    @on(CarriedOut)
    def _carried_out(self, message: CarriedOut) -> None:
        self.say(message.sentence, "success")
        self.action_look()

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        self._has_read()
        self._show()
        self.say(escape_controls(str(message.problem)), "error")

    def _show(self) -> None:
        count = len(self._state.resources)
        words = ngettext("{n} resource in the state", "{n} resources in the state", count)
        told = words.format(n=count)
        if self._unread is not None:
            told = _("The state was not read.")
        self._show_where(self._reading.words if self._reading is not None else told)
        at_work = self._recovery.at_work
        lines = [
            Content.styled(
                escape_controls(sentence) if at_work else f"! {escape_controls(sentence)}",
                MUTED if at_work else "$text-warning",
            )
            for sentence in self._recovery.sentences()
        ]
        if at_work:
            words = _(
                "A run is active in this directory. Problems of the state are shown after it ends."
            )
            lines.insert(0, Content(words))
        elif self._read and not lines and self._unread is None:
            lines = [Content.styled(_("✓ No problems found."), "$text-success")]
        self.query_one("#problems", Static).update(Content("\n").join(lines))
        self.query_one(ChoiceList).replace_choices(
            Choices(
                "",
                ("", ""),
                (*action_rows(self._recovery), *resource_rows(self._recovery, self._state)),
            )
        )

    @on(ChoiceList.Taken)
    def _taken(self, message: ChoiceList.Taken) -> None:
        chosen = message.ids[0]
        remedy = actions(self._recovery).get(chosen)
        if remedy is not None:
            self._ask(remedy)
        elif (resource := self._state.find(chosen)) is not None:
            self.app.push_screen(StoredResourceScreen(resource))

    def _ask(self, remedy: Remedy) -> None:
        match remedy.kind:
            case RemedyKind.MOVE:
                self._ask_to_move()
            case RemedyKind.RECOVER:
                self.wizard.wanted_run = BRING_BACK
                self.post_message(self.Going("run"))
            case RemedyKind.PUSH:
                self._ask_to_push()
            case RemedyKind.RESTORE:
                self._ask_to_restore()
            case RemedyKind.FORGET:
                self._ask_to_dismiss(remedy.about)
            case RemedyKind.UNLOCK:
                assert self._recovery.lock is not None
                self._ask_to_unlock(self._recovery.lock)
            case RemedyKind.FOLLOW:
                pass

    def _ask_to_move(self) -> None:
        due = self._recovery.move
        assert due is not None
        reader = self.app.feed.reader

        def move(_directory: Path, _environ: Mapping[str, str]) -> str:
            return state_move.move_state(self.wizard, reader)

        self._ask_first(state_move.move_question(due), _("Moving the state …"), move)

    def _ask_to_push(self) -> None:
        found = self._recovery.errored
        assert found is not None
        question = Confirm(_("Push this state?"), [Content(found.sentence)], yes=_("Push state"))
        self._ask_first(question, _("Pushing the state …"), remedies.push)

    def _ask_to_restore(self) -> None:
        found = self._recovery.broken or self._recovery.errored
        assert found is not None
        if self._recovery.broken is None:
            title, yes = _("Move the damaged file aside?"), _("Move it")
        else:
            title, yes = _("Repair the state?"), _("Repair")
        question = Confirm(title, [Content(found.sentence)], yes=yes)
        self._ask_first(question, _("Repairing the state …"), remedies.restore)

    def _ask_to_dismiss(self, run_id: str) -> None:
        created = [it for it in self._recovery.missing if it.run == run_id]
        lines = [
            Content(
                _(
                    "The next plan would import these resources. If you dismiss them, they stay "
                    "in the account:"
                )
            ),
            *(
                Content(escape_controls(f"  {it.address}  {it.id or _('perhaps')}"))
                for it in created
            ),
            Content(_("They are then in no state, and a destroy does not delete them.")),
        ]
        title = _("Dismiss the resources created by run {run}?").format(run=run_id)
        question = Confirm(title, lines, yes=_("Dismiss"), grave=True)

        def dismiss(directory: Path, environ: Mapping[str, str]) -> str:
            return remedies.dismiss(directory, run_id, environ)

        self._ask_first(question, _("Dismissing run {run} …").format(run=run_id), dismiss)

    def _ask_to_unlock(self, lock: HeldLock) -> None:
        lines = [
            Content(escape_controls(lock_sentence(lock))),
            Content(
                _(
                    "Release the lock only if no process uses this state, on this or another "
                    "machine."
                )
            ),
        ]
        question = Confirm(
            _("Release the lock?"),
            lines,
            yes=_("Release"),
            word=lock.word if lock.holder is HolderStatus.UNKNOWN else lock.id,
            grave=True,
        )

        def unlock(directory: Path, environ: Mapping[str, str]) -> str:
            return remedies.unlock(directory, lock.id, environ, confirmed=lock.word)

        self._ask_first(question, _("Releasing the lock …"), unlock)

    def action_next(self) -> None:
        """Choose the highlighted row."""
        self.query_one(ChoiceList).action_take()

    def action_back(self) -> None:
        """Return to the start."""
        self.post_message(self.Going("start"))

    def focus_help(self) -> Content:
        """Show the help of the list."""
        return Content(
            _("Type to filter; {key} shows a resource or does what the line says.").format(
                key=key_for_action(ChoiceList, "take")
            )
        )
