"""Rolls the service back from its screen: reads how, asks, and does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on, work
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from gpuecs_tui.assessment.deployed import Deployed
from gpuecs_tui.deployment.applied import Applied
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.widgets.base.broken_worker import tell_broken_worker
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.keys.binding import key_for_action
from gpuecs_tui.widgets.step.say import say
from gpuecs_tui.widgets.step.screen import StepScreen

if TYPE_CHECKING:
    from gpuecs_tui.aws.session import AccountReader
    from gpuecs_tui.operations.earlier_revision import EarlierValues
    from gpuecs_tui.operations.rollback import Rollback, Subject

_UNREAD = ("service.ignore_changes", "task.image")
"""Without these keys it is unknown how the directory keeps up with a rollback."""


class DeploymentRollback(Widget):
    """Has no lines of its own. Only one rollback is read or asked about at a time."""

    DEFAULT_CSS = "DeploymentRollback { display: none; }"

    @dataclass
    class Planned(Message):
        """It is known how the service can be rolled back."""

        subject: Subject
        rollback: Rollback
        question: str

    @dataclass
    class Called(Message):
        """ECS has accepted the rollback."""

        subject: Subject
        rollback: Rollback
        earlier: EarlierValues | None
        """The values that the directory lacks; None if there are none or they are unknown."""
        problem: str
        """Why the values are unknown; empty if they are not."""

    @dataclass
    class Refused(Message):
        """The service is not rolled back."""

        sentence: str

    _is_busy = False

    def begin(self, reader: AccountReader, deployed: Deployed) -> None:
        """Read how the service of ``deployed``, which must have names, can be rolled back."""
        if self._is_busy:
            return
        if refusal := _refusal(self._step, deployed.applied):
            say(self.app, refusal)
            return
        self._is_busy = True
        say(self.app, _("Reading the deployment …"))
        self._plan(reader, deployed)

    @property
    def _is_covered(self) -> bool:
        """Whether another screen is shown over the deployment, such as a dialog or the help."""
        return self.app.screen is not self.screen

    @property
    def _step(self) -> StepScreen:
        assert isinstance(self.screen, StepScreen)
        return self.screen

    @work(thread=True, group="rollback", exit_on_error=False)
    def _plan(self, reader: AccountReader, deployed: Deployed) -> None:
        from gpuecs_tui.aws.discovery.identity import read_identity
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.session import Closed
        from gpuecs_tui.operations.change_words import in_account_words
        from gpuecs_tui.operations.refused import Refused, refuse_other_account
        from gpuecs_tui.operations.rollback import Subject, plan_rollback

        assert deployed.names is not None
        applied = deployed.applied
        subject = Subject(
            reader=reader,
            names=deployed.names,
            directory=applied.directory,
            stack=deployed.stack,
            answers=deployed.stack.flat(),
            applied=applied.task_definition,
            is_ignored=applied.ignores_task_definition,
        )
        try:
            account = read_identity(reader).account
            refuse_other_account(deployed.account, account)
            found = plan_rollback(subject)
            question = in_account_words(found.question, account, reader.region)
            self.post_message(self.Planned(subject, found, question))
        except (AwsProblem, Refused) as problem:
            self.post_message(self.Refused(str(problem)))
        except Closed:
            self.post_message(self.Refused(_("The account was switched.")))

    @on(Planned)
    def _planned(self, message: Planned) -> None:
        """Ask, with everything that the rollback does."""
        message.stop()
        # The notification that the deployment is being read would cover the question.
        self.app.clear_notifications()
        if self._is_covered:
            # The next key is for the other screen, and must not answer the question.
            self._is_busy = False
            words = _("The service was not rolled back. To be asked, press {key} again.")
            say(self.app, words.format(key=key_for_action(type(self._step), "roll_back")))
            return
        subject, rollback = message.subject, message.rollback
        key = key_for_action(StepScreen, "next")
        lines = [*rollback.effects]
        if rollback.way == "apply":
            words = _(
                "The form gets these values. The review then shows the files; {key} there writes "
                "them and plans. Nothing changes in the account before you approve the plan."
            )
            lines.append(words.format(key=key))
        elif rollback.values:
            words = _("The form gets the image too; {key} on the review writes it.")
            lines.append(words.format(key=key))

        def answered(yes: bool | None) -> None:
            if not yes:
                self._is_busy = False
            elif rollback.way == "apply":
                self._is_busy = False
                self._fill(rollback.values)
                self._step.post_message(StepScreen.Going("review"))
            else:
                self._call(subject, rollback)

        if rollback.way == "apply":
            title = _("Put the values of {target} into the form?").format(target=rollback.target)
            self._ask(title, lines, _("Fill form"), answered)
        else:
            self._ask(message.question, lines, _("Roll back"), answered)

    @work(thread=True, group="rollback", exit_on_error=False)
    def _call(self, subject: Subject, rollback: Rollback) -> None:
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.session import Closed
        from gpuecs_tui.operations.refused import Refused
        from gpuecs_tui.operations.revisions import stop_and_roll_back, use_revision
        from gpuecs_tui.operations.rollback import refuse_changed, values_of

        try:
            if rollback.way == "stop":
                stop_and_roll_back(subject.reader, rollback.deployment)
            else:
                refuse_changed(subject, rollback)
                use_revision(subject.reader, subject.names, rollback.target)
        except (AwsProblem, Refused) as problem:
            self.post_message(self.Refused(str(problem)))
            return
        except Closed:
            self.post_message(self.Refused(_("The account was switched.")))
            return
        earlier, unread = None, ""
        if rollback.way == "stop" and rollback.target not in ("", rollback.ahead):
            # The rollback is made; the values are only an offer.
            try:
                earlier = values_of(subject, rollback)
            except (AwsProblem, Refused) as error:
                unread = str(error)
            except Closed:
                unread = _("The account was switched.")
        self.post_message(self.Called(subject, rollback, earlier, unread))

    @on(Called)
    def _called(self, message: Called) -> None:
        """Say what ECS does, and offer the values that the directory lacks. The screen reads."""
        from gpuecs_tui.operations.rollback import value_words

        self._is_busy = False
        subject, rollback, earlier = message.subject, message.rollback, message.earlier
        if rollback.way == "call":
            self._fill(rollback.values)
            said = _("ECS deploys {target}.").format(target=rollback.target)
            say(self.app, said)
            return
        said = _("ECS rolls back the deployment of {ahead}.").format(ahead=rollback.ahead)
        if earlier is None or earlier.are_in(subject.answers):
            say(self.app, f"{said} {message.problem}".rstrip())
            return
        values = earlier.values
        if self._is_covered:
            names = ", ".join(values)
            words = _("The directory is ahead of the service in {names}.").format(names=names)
            say(self.app, f"{said} {words}")
            return
        lines = [
            said,
            _(
                "The directory is ahead of the service: it has the values of the stopped "
                "deployment."
            ),
            *value_words(subject.answers, earlier),
        ]

        def answered(yes: bool | None) -> None:
            if yes:
                self._fill(values)

        title = _("Put the values of {target} into the form?").format(target=rollback.target)
        self._ask(title, lines, _("Yes"), answered)

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        message.stop()
        self._is_busy = False
        say(self.app, message.sentence)

    def _fill(self, values: Mapping[str, Value]) -> None:
        """Put the values of the earlier revision into the form."""
        self._step.edit({key: KEYS[key].unparse(value) for key, value in values.items()})

    def _ask(
        self, title: str, lines: Sequence[str], yes: str, answered: Callable[[bool | None], None]
    ) -> None:
        shown = [Content(escape_controls(it)) for it in lines]
        self.app.push_screen(Confirm(title, shown, yes=yes), answered)

    @on(Worker.StateChanged)
    def _tell_broken_worker(self, event: Worker.StateChanged) -> None:
        if event.state in (WorkerState.ERROR, WorkerState.CANCELLED):
            self._is_busy = False
        tell_broken_worker(self.app, event)


def _refusal(screen: StepScreen, applied: Applied) -> str:
    """Return why the service is not rolled back now; empty if nothing is against it."""
    if applied.under_way:
        return _("A run changes this stack. Wait until it has ended.")
    for key in _UNREAD:
        if any(key in unread.keys for unread in screen.wizard.unread):
            return _("Could not read {key} from the directory.").format(key=key)
    return ""
