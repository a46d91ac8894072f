"""The wizard as a Textual app: which screen is shown, and what all screens share.

Imports only Textual and what the first frame needs. Other screens are imported when they are shown;
boto3 and the HCL parser are imported in threads after the first frame.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events, on, work
from textual.app import SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker

from gpuecs_tui.call_options import call_with, option_words
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terminal import mouse_wanted, started
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.theme import install_themes
from gpuecs_tui.widgets.base.broken_worker import tell_broken_worker
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.keys.binding import bind, key_for_action
from gpuecs_tui.widgets.keys.groups import WIZARD
from gpuecs_tui.widgets.keys.words import READ_AGAIN, SUSPEND
from gpuecs_tui.widgets.step.account_app import AccountApp
from gpuecs_tui.widgets.step.commands import DESTROY, PLAN, key_commands
from gpuecs_tui.widgets.step.paste import whole_line
from gpuecs_tui.widgets.step.say import say
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.widgets.step.screen_stack import cover_if_small, push_below, replace_step
from gpuecs_tui.widgets.step.steps import IDS, STATE, STEPS
from gpuecs_tui.widgets.step.suspend import suspend
from gpuecs_tui.widgets.terminal.diff_output import DiffOutputApp
from gpuecs_tui.widgets.terminal.hangup import install_hangup_exit
from gpuecs_tui.widgets.terminal.key_order import KeyOrder
from gpuecs_tui.widgets.terminal.palette import PaletteApp
from gpuecs_tui.widgets.terminal.textual_private import make_replaceable
from gpuecs_tui.wizard.account_feed import AccountFeed
from gpuecs_tui.wizard.draft_saver import DraftSaver
from gpuecs_tui.wizard.farewell import farewell
from gpuecs_tui.wizard.options import Options
from gpuecs_tui.wizard.session import WizardSession
from gpuecs_tui.wizard.upgrade import read_again

if TYPE_CHECKING:
    from gpuecs_tui.assessment.own import Own

SCREENS: Mapping[str, tuple[str, str]] = {
    "start": ("gpuecs_tui.screens.start", "StartScreen"),
    "account": ("gpuecs_tui.screens.account", "AccountScreen"),
    "network": ("gpuecs_tui.screens.network", "NetworkScreen"),
    "fleet": ("gpuecs_tui.screens.fleet", "FleetScreen"),
    "task": ("gpuecs_tui.screens.task", "TaskScreen"),
    "load_balancer": ("gpuecs_tui.screens.load_balancer", "LoadBalancerScreen"),
    "review": ("gpuecs_tui.screens.review", "ReviewScreen"),
    "run": ("gpuecs_tui.screens.run", "RunScreen"),
    "deployment": ("gpuecs_tui.screens.deployment", "DeploymentScreen"),
    STATE: ("gpuecs_tui.screens.state", "StateScreen"),
}
"""Step id → module and class of its screen. ``state`` is not a step but is opened like one."""

PRELOADED = (
    *(SCREENS[step][0] for step in ("account", "network", "fleet", "task", "load_balancer")),
    "gpuecs_tui.aws.discovery.account",
    "gpuecs_tui.aws.session",
    "gpuecs_tui.checks",
    "botocore.session",
)
"""Modules that a thread imports while the start screen is shown."""

STARTED_SECONDS = 0.5
"""Seconds after which the first frame is shown on any usable machine."""


class WizardApp(AccountApp[int], PaletteApp[int], DiffOutputApp[int]):
    """One wizard on one directory."""

    TITLE = "gpuecs-tui"
    _is_made = False
    """Whether Textual's constructor has ended."""
    # Includes the start screen's style sheet: loading it later would parse all of them again.
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", "screens/start.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+q", "quit", N_("quit"), N_("Quit and keep the draft"), WIZARD, priority=True),
        bind(
            "ctrl+o",
            "command_palette",
            N_("commands"),
            N_("Search for a command"),
            WIZARD,
            priority=True,
        ),
        bind(
            "ctrl+r",
            "read_account",
            *READ_AGAIN,
            WIZARD,
            show=False,
        ),
        bind(
            "ctrl+z",
            "suspend_process",
            *SUSPEND,
            WIZARD,
            show=False,
        ),
    ]

    class DraftSaved(Message):
        """The draft was saved, or could not be saved."""

        def __init__(self, problem: str) -> None:
            super().__init__()
            self.problem = problem

    class OwnedRead(Message):
        """The directory was read: its state, its provider, its user data."""

        def __init__(self, own: Own, number: int) -> None:
            super().__init__()
            self.own = own
            self.number = number
            """Number of this reading; readings are counted from the app's start."""

    def __init__(self, options: Options, *, feed: AccountFeed | None = None) -> None:
        """Create the app; ``feed`` reads the account (tests pass their own)."""
        super().__init__()
        self._is_made = True
        install_themes(self, os.environ)
        self.unsaved = ""
        """Why the last draft could not be saved, a sentence; empty if it was saved."""
        saver = DraftSaver(options.directory, self._on_draft_saved)
        self.wizard = WizardSession(options, saver)
        self.feed = feed or AccountFeed(self.post_message)
        self.wizard.read_images = self.feed.images
        self.wizard.read_releases = self.feed.releases
        self.wizard.read_newest = self.feed.newest_images
        self._key_order = KeyOrder(self, self._take_event)
        self._reading = self._latest_reading = 0
        """Numbers of the last reading of the directory that was started, and of that in use."""

    def on_mount(self) -> None:
        """Exit when the terminal is closed, and report that the program has started."""
        if not self.is_headless:
            install_hangup_exit(self, self.wizard.flush)
        self.set_timer(STARTED_SECONDS, started)

    def get_default_screen(self) -> Screen[Any]:
        """Return the start screen: no empty screen has to be laid out below it."""
        self.wizard.enter("start")
        screen = self._screen("start")
        make_replaceable(self, screen)
        return screen

    async def on_event(self, event: events.Event) -> None:
        """Handle each key and paste after the one before it has taken effect."""
        if not self._key_order.keeps(event):
            await self._take_event(event)

    async def _take_event(self, event: events.Event) -> None:
        taken = whole_line(self, event)
        if taken is not None:
            await super().on_event(taken)

    def push_screen(self, screen: Screen[Any] | str, *args: Any, **kwargs: Any) -> Any:
        """Push ``screen`` below the screens that stay across steps; otherwise as in Textual."""
        push = super().push_screen
        return push_below(self, screen, lambda: push(screen, *args, **kwargs))

    def on_resize(self, event: events.Resize) -> None:
        """Show a message instead of the screen while the terminal is too small."""
        cover_if_small(self, event.size)

    def action_suspend_process(self) -> None:
        """Suspend the program and return to the shell, or show why that is not possible."""
        suspend(self)

    def get_css_variables(self) -> dict[str, str]:
        """Return the variables of the theme; none while Textual's constructor runs.

        They would be those of Textual's own theme, which is replaced at once.
        """
        return super().get_css_variables() if self._is_made else {}

    @on(Worker.StateChanged)
    def _tell_broken_worker(self, event: Worker.StateChanged) -> None:
        tell_broken_worker(self, event)

    def read_owned(self) -> None:
        """Read the stack's own names (they do not count as taken) and its provider."""
        self._reading += 1
        self._read_owned(self._reading)

    def directory_written(self) -> None:
        """Read the directory again; earlier readings that are still running are ignored."""
        self._latest_reading = self._reading + 1
        self.read_owned()

    @work(thread=True, group="owned", exclusive=True, exit_on_error=False)
    def _read_owned(self, number: int) -> None:
        from gpuecs_tui.assessment.own import read_own
        from gpuecs_tui.wizard.run_environment import state_environment

        environ = state_environment(self.wizard.profile)
        options = self.wizard.options
        own = read_own(options.directory, environ, plugin_dir=options.plugin_dir)
        self.post_message(self.OwnedRead(own, number))

    @work(thread=True, group="preload", exclusive=True, exit_on_error=False)
    def preload(self) -> None:
        """Import what the next screens need, after the first frame."""
        for name in PRELOADED:
            import_module(name)

    def go(self, step: str) -> AwaitComplete:
        """Replace the present screen by that of ``step``; typed texts are saved first."""
        if step in IDS:
            self.wizard.enter(step)
        self.wizard.flush()
        switched = replace_step(self, self._screen(step))
        if step != "start":
            begun = self.start_reading()
            self.check_soon()
            if not begun and self.wizard.state is not None and self.wizard.state.unread:
                # The user may have chosen a profile that can read it on the previous screen.
                self.read_owned()
        return switched

    def plan(self, operation: Operation) -> AwaitComplete:
        """Go to the run and plan there, unless a run is in progress or waiting for approval."""
        self.wizard.wanted_run = operation
        return self.go("run")

    async def action_quit(self) -> None:
        """Quit and keep the draft."""
        self.exit(0)

    def action_help_quit(self) -> None:
        """Show which key quits, because Ctrl+C does not."""
        said = _("Press {key} to quit. {copy} copies selected text.")
        keys = {
            "key": key_for_action(WizardApp, "quit"),
            "copy": key_for_action(StepScreen, "screen.copy_text"),
        }
        say(self, said.format(**keys))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Add the actions of keys and the visited steps to the command palette."""
        yield from key_commands(self, screen)
        if isinstance(screen, StepScreen):
            yield from self._ways_from(screen)
        yield SystemCommand(_("Redraw the terminal"), "", self.redraw_terminal)
        yield SystemCommand(_("Change the theme"), "", self.action_change_theme)

    def _ways_from(self, screen: StepScreen) -> Iterable[SystemCommand]:
        """Yield actions without a key on ``screen``: go to other screens, and plan there."""
        seen, here = self.wizard.reachable, screen.STEP
        for step in STEPS:
            if step.id == here or step.id not in seen:
                continue
            if step.id != "deployment":
                title = _("Go to: {step}").format(step=_(step.title))
                yield SystemCommand(title, "", partial(self.go, step.id))
        if here != "deployment" and ("deployment" in seen or "run" in seen):
            yield SystemCommand(_("Watch the deployment"), "", partial(self.go, "deployment"))
        if here != "run" and ("run" in seen or self.wizard.has_written):
            yield SystemCommand(_(PLAN), "", partial(self.plan, Operation.APPLY))
            if here not in ("start", "deployment"):
                # Those screens have a key for it.
                yield SystemCommand(_(DESTROY), "", partial(self.plan, Operation.DESTROY))
        if here != STATE:
            title = _("State: list resources, release a lock, recover")
            yield SystemCommand(title, "", partial(self.go, STATE))

    @on(StepScreen.Going)
    async def _going(self, message: StepScreen.Going) -> None:
        # Wait for it, because keys that were typed ahead are for the new screen.
        await self.go(message.step)

    @on(StepScreen.Ready)
    def _screen_ready(self, _message: StepScreen.Ready) -> None:
        self.read_owned()
        self.preload()

    @on(OwnedRead)
    def _owned_read(self, message: OwnedRead) -> None:
        if message.number < self._latest_reading:
            # A reading that was started later has already ended.
            return
        self._latest_reading = message.number
        read_again(self.wizard, message.own)
        self.check_soon()

    @on(DraftSaved)
    def _draft_saved(self, message: DraftSaved) -> None:
        was = self.wizard.draft_saved, self.wizard.draft_problem
        self.wizard.draft_saved = not message.problem
        self.wizard.draft_problem = message.problem
        if was != (self.wizard.draft_saved, self.wizard.draft_problem):
            self.show_wizard()

    def _screen(self, step: str) -> StepScreen:
        module, name = SCREENS[step]
        kind = cast(type[StepScreen], getattr(import_module(module), name))
        return kind(self.wizard)

    def _on_draft_saved(self, problem: str) -> None:
        # Also store it here: the last draft is saved when messages are no longer handled.
        self.unsaved = problem
        self.post_message(self.DraftSaved(problem))


def run(
    directory: Path,
    *,
    demo: bool = False,
    faults: tuple[str, ...] = (),
    profile: str | None = None,
    plugin_dir: Path | None = None,
    mouse: bool | None = None,
    command: str = "gpuecs-tui",
) -> int:
    """Open the wizard on ``directory`` and return its exit code.

    ``demo`` only shows that the demo account is used (with ``faults``); its variables are already
    in the environment. ``mouse`` None: on, except over SSH. When this returns, every typed answer
    is saved, or a line was printed that says why not. The line also contains ``command``, which
    opens the same wizard again.
    """
    app = WizardApp(Options(directory, demo, profile, plugin_dir, faults))

    def words() -> list[str]:
        chosen = None if demo else app.wizard.profile
        return option_words(demo=demo, faults=faults, profile=chosen, plugin_dir=plugin_dir)

    try:
        with call_with(words):
            app.run(mouse=mouse_wanted(os.environ, mouse))
    finally:
        app.feed.stop()
        app.wizard.close()
    if app.return_code == 0 and (line := farewell(app.wizard, app.unsaved, command)):
        print(escape_controls(line))
    return app.return_code or 0
