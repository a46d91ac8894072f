"""Logs and shells of the deployment screen: chooses the task or instance, and opens them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from textual import on, work
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from gpuecs_tui.assessment.deployed import Deployed
from gpuecs_tui.aws.deployment.facts import DeployedNames, DeployedTask, DeploymentFacts
from gpuecs_tui.aws.reading import Known, value_or
from gpuecs_tui.durations import ago
from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.base.broken_worker import tell_broken_worker
from gpuecs_tui.widgets.base.line_input import LineInput
from gpuecs_tui.widgets.deployment.menu import ChoiceMenu
from gpuecs_tui.widgets.deployment.task_log import LogSubject, TaskLog
from gpuecs_tui.widgets.keys.binding import key_for_action
from gpuecs_tui.widgets.step.say import say
from gpuecs_tui.widgets.terminal.textual_private import driver_of

if TYPE_CHECKING:
    from gpuecs_tui.aws.session import AccountReader
    from gpuecs_tui.operations.plugin import Session

Act = Literal["log", "exec", "ssm"]
ALL = ""
"""The choice of all tasks."""
LISTED = 30
"""Tasks in the menu, the newest ones: running first, then stopped."""


class DeploymentActs(Widget):
    """Has no lines of its own."""

    DEFAULT_CSS = "DeploymentActs { display: none; }"

    @dataclass
    class Opened(Message):
        """A session has started; the terminal can be connected to it."""

        plugin: str
        session: Session

    @dataclass
    class Refused(Message):
        """A session could not be started."""

        sentence: str

    def begin(
        self, what: Act, reader: AccountReader, deployed: Deployed, facts: DeploymentFacts
    ) -> None:
        """Choose a task or an instance, and show its log or open a shell.

        ``deployed`` must have names.
        """
        assert deployed.names is not None
        match what:
            case "log":
                self._show_log(reader, deployed.names, facts)
            case "exec":
                self._open_exec(reader, deployed.names, deployed, facts)
            case "ssm":
                self._open_instance(reader, facts)

    def _show_log(
        self, reader: AccountReader, names: DeployedNames, facts: DeploymentFacts
    ) -> None:
        """Show the log of a task that the user chooses, or of all tasks."""
        tasks = value_or(facts.tasks, ())
        service = value_or(facts.service, None)

        def chosen(identity: str | None) -> None:
            if identity is None:
                return
            wanted = [it for it in tasks if identity in (ALL, it.id)]
            present = [service.task_definition] if service and identity == ALL else []
            revisions = [*present, *(it.task_definition for it in wanted)]
            subject = LogSubject(
                names.service, [*dict.fromkeys(filter(None, revisions))], wanted, identity != ALL
            )
            self.app.push_screen(TaskLog(reader, subject))

        if len(tasks) > 1:
            every = (ALL, _("All tasks"))
            choices = [every, *(_task_choice(it) for it in tasks[:LISTED])]
            self.app.push_screen(ChoiceMenu(_("Log"), choices), chosen)
        else:
            chosen(ALL)

    def _open_exec(
        self,
        reader: AccountReader,
        names: DeployedNames,
        deployed: Deployed,
        facts: DeploymentFacts,
    ) -> None:
        """Open a shell in a container of a running task that the user chooses."""
        running = [it for it in value_or(facts.tasks, ()) if it.last_status == "RUNNING"]

        def start(task: str) -> Session:
            from gpuecs_tui.operations.shell import SHELL, exec_session, task_with_shell

            found, container = task_with_shell(
                value_or(facts.service, None),
                running,
                task,
                serving=deployed.stack.task.container_name,
                directory=deployed.applied.directory,
            )
            return exec_session(reader, names, found, container, SHELL)

        self._choose(_("Shell in a task"), [_task_choice(it) for it in running], start)

    def _open_instance(self, reader: AccountReader, facts: DeploymentFacts) -> None:
        """Open a shell on an instance of the fleet that the user chooses."""
        fleet = value_or(facts.fleet, None)

        def start(identity: str) -> Session:
            from gpuecs_tui.operations.shell import instance_session, refuse_unreachable

            refuse_unreachable(reader, identity)
            return instance_session(reader, identity)

        choices = [
            (it.ec2_instance_id, f"{it.ec2_instance_id}  {it.zone}  {it.lifecycle}")
            for it in (fleet.instances if fleet else ())
        ]
        self._choose(_("Shell on an instance"), choices, start)

    def _choose(
        self, title: str, choices: Sequence[tuple[str, str]], start: Callable[[str], Session]
    ) -> None:
        if not _can_suspend(self):
            say(self.app, _("This terminal can't be handed to another program."))
            return

        def chosen(identity: str | None) -> None:
            if identity is not None:
                self._start(start, identity)

        if len(choices) > 1:
            self.app.push_screen(ChoiceMenu(title, choices), chosen)
        else:
            chosen(choices[0][0])

    @work(thread=True, group="shell", exclusive=True, exit_on_error=False)
    def _start(self, start: Callable[[str], Session], identity: str) -> None:
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.session import Closed
        from gpuecs_tui.operations.plugin import find_plugin
        from gpuecs_tui.operations.refused import Refused

        try:
            # A session without a plugin would stay open until AWS ends it.
            plugin = find_plugin()
            self.post_message(self.Opened(plugin, start(identity)))
        except (AwsProblem, Refused) as problem:
            self.post_message(self.Refused(str(problem)))
        except Closed:
            self.post_message(self.Refused(_("The account was switched.")))

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        message.stop()
        say(self.app, message.sentence)

    @on(Opened)
    def _opened(self, message: Opened) -> None:
        """Hand the terminal to the plugin until the session ends. Blocks, as Ctrl+Z does."""
        from gpuecs_tui.operations.plugin import connect_terminal
        from gpuecs_tui.operations.refused import Refused

        message.stop()
        problem = ""
        with self.app.suspend():
            try:
                if code := connect_terminal(message.plugin, message.session):
                    problem = _("The session ended with exit code {code}.").format(code=code)
            except Refused as refused:
                problem = str(refused)
            if problem:
                # The plugin's own message would disappear with this screen.
                key = key_for_action(LineInput, "submit")
                print(problem, _("Press {key} to continue.").format(key=key), flush=True)
                sys.stdin.readline()

    @on(Worker.StateChanged)
    def _tell_broken_worker(self, event: Worker.StateChanged) -> None:
        tell_broken_worker(self.app, event)


def can_act(what: str, facts: DeploymentFacts) -> bool:
    """Tell whether there is a task or an instance for an act."""
    if what == "log":
        return isinstance(facts.tasks, Known)
    if what == "exec":
        return any(it.last_status == "RUNNING" for it in value_or(facts.tasks, ()))
    fleet = value_or(facts.fleet, None)
    return bool(fleet and fleet.instances)


def _can_suspend(widget: Widget) -> bool:
    driver = driver_of(widget.app)
    return driver is not None and driver.can_suspend


def _task_choice(task: DeployedTask) -> tuple[str, str]:
    at = task.stopped_at or task.started_at or task.created_at
    parts = (task.last_status, ago(at, datetime.now(UTC)), task.task_definition, task.id)
    return task.id, "  ".join(filter(None, parts))
