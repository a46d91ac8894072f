"""The app's part that keeps account, look-ups and findings up to date, and shows them.

Checks run at once after a key press: in a large account they take a few milliseconds. Within a word
they wait for its end, so that over a slow link a key press sends only the change in its field. If
checks take longer, the next one waits for as long as the last one took, so that typing is blocked
for at most half of the time.
"""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TypeVar

from textual import on
from textual.app import App
from textual.reactive import Reactive
from textual.timer import Timer

from gpuecs_tui.widgets.base.edited import Edited
from gpuecs_tui.widgets.base.wizard_modal import WizardModal
from gpuecs_tui.widgets.step.screen import TYPING_SECONDS, StepScreen
from gpuecs_tui.wizard import account_feed as feeding
from gpuecs_tui.wizard.account_feed import AccountFeed
from gpuecs_tui.wizard.account_state import AccountState
from gpuecs_tui.wizard.session import WizardSession

ResultType = TypeVar("ResultType")

LOOK_UP_PAUSE = 0.7
"""Seconds without a key press before names are looked up: half-typed ones aren't worth a call."""


class AccountApp(App[ResultType]):
    """An app around one wizard, whose account it has read."""

    wizard: WizardSession
    feed: AccountFeed

    revision: Reactive[int] = Reactive(0, layout=False, repaint=False)
    """Raised whenever what the screens show of the wizard has changed: one paint for each."""

    _check_due = False
    _rested_at = 0.0
    """From when on the next check may run, on the clock of ``monotonic``."""
    _typing_timer: Timer | None = None
    _look_up_timer: Timer | None = None
    _looked_up: object = None
    """What was last looked up in the present reading of the account."""

    def read_owned(self) -> None:
        """Read, in a thread, which names belong to the stack itself."""
        raise NotImplementedError

    def directory_written(self) -> None:
        """Read the directory again after a write; earlier readings of it no longer count."""
        raise NotImplementedError

    def start_reading(self) -> bool:
        """Read the account, unless this profile and Region are being read or were; return whether.

        The stack's own state is read again too.
        """
        profile, region = self.wizard.profile, self.wizard.region
        half_typed = not region and bool(self.wizard.texts.get("stack.region", "").strip())
        if half_typed or self.feed.reads(profile, region):
            return False
        if self.wizard.state is not None:
            # Resources that a run has created since must not look like another stack's.
            self.read_owned()
        self.wizard.account = AccountState(busy=True)
        self._looked_up = None
        self.wizard.account_changed()
        self.feed.start(profile, region)
        self.show_wizard()
        return True

    def action_read_account(self) -> None:
        """Read the account again, as after a login in another terminal."""
        self.feed.stop()
        self.start_reading()

    def check_soon(self) -> None:
        """Run the checks, at once unless they just ran; look names up when typing pauses."""
        if not self._check_due:
            self._check_due = True
            rest = self._rested_at - monotonic()
            if rest > 0:
                # The answer is shown now, and what the checks find when they have rested.
                self.show_wizard()
                self.set_timer(rest, self._check)
            else:
                self.call_next(self._check)
        if self._look_up_timer is not None:
            self._look_up_timer.stop()
        self._look_up_timer = self.set_timer(LOOK_UP_PAUSE, self._after_pause)

    def show_wizard(self) -> None:
        """Raise the revision: the step's screen and the dialogs over it then show the wizard."""
        self.revision += 1

    def watch_revision(self) -> None:
        """Have the step's screen and the dialogs over it show the wizard once."""
        for screen in self.screen_stack:
            # Attached: while the app ends, its screens lose their widgets one by one.
            if (
                isinstance(screen, StepScreen | WizardModal)
                and screen.is_mounted
                and screen.is_attached
            ):
                screen.changed()

    def _check(self) -> None:
        self._check_due = False
        if self.wizard.step == "start":
            # The step has no fields, and its first frames must not wait for the rules' imports.
            self.show_wizard()
            return
        begun = monotonic()
        self.wizard.suggest_from_account()
        self.wizard.check()
        self.show_wizard()
        ended = monotonic()
        self._rested_at = ended + (ended - begun)

    def _after_pause(self) -> None:
        """Follow the profile and region as typed, and look up what the stack names, once each."""
        if self.wizard.step != "start":
            self.start_reading()
        facts = self.wizard.account.facts
        if facts is None or self.wizard.account.busy:
            return
        stack = self.wizard.decisions.resolved.stack
        named = (
            stack.task.image,
            stack.fleet.ami,
            stack.task.log_group,
            tuple(stack.task.secrets.values()),
            (stack.task.execution_role_arn, stack.task.task_role_arn),
            stack.service.execute_command,
            (stack.names.cluster, stack.names.service),
            (stack.fleet.market, bool(stack.fleet.root_volume_gib)),
            len(stack.network.ingress_cidrs),
            facts.region,
        )
        if named != self._looked_up:
            self._looked_up = named
            self.feed.look_up(stack, facts)

    @on(Edited)
    def _edited(self, message: Edited) -> None:
        if self._typing_timer is not None:
            self._typing_timer.stop()
        if message.in_word:
            self._typing_timer = self.set_timer(TYPING_SECONDS, self.check_soon)
        else:
            self.check_soon()

    @on(feeding.IdentityRead)
    def _identity_read(self, message: feeding.IdentityRead) -> None:
        self.wizard.account.identity = message.identity
        self.show_wizard()

    @on(feeding.AccountProgressed)
    def _account_progressed(self, message: feeding.AccountProgressed) -> None:
        account = self.wizard.account
        account.facts, account.done, account.total = message.facts, message.done, message.total
        self._account_changed()

    @on(feeding.AccountRead)
    def _account_read(self, message: feeding.AccountRead) -> None:
        self.wizard.account.facts = message.facts
        self.wizard.account.busy = False
        self._account_changed()
        if message.facts.region:
            chosen = str(self.wizard.decisions.answers.get("fleet.instance_type", ""))
            self.feed.price(chosen, message.facts)

    @on(feeding.PricesRead)
    def _prices_read(self, message: feeding.PricesRead) -> None:
        if (facts := self.wizard.account.facts) is not None:
            self.wizard.account.facts = replace(facts, prices=message.prices)
            self._account_changed()

    @on(feeding.LookedUp)
    def _lookups_read(self, message: feeding.LookedUp) -> None:
        account = self.wizard.account
        if account.facts is not None:
            account.facts = replace(account.facts, lookups=message.lookups)
            self._account_changed()

    @on(feeding.AccountFailed)
    def _account_failed(self, message: feeding.AccountFailed) -> None:
        account = self.wizard.account
        account.problem, account.remedy = message.sentence, message.remedy
        account.busy = False
        self._account_changed()

    @on(feeding.TokenWanted)
    def _token_wanted(self, message: feeding.TokenWanted) -> None:
        from gpuecs_tui.widgets.base.mfa_prompt import MfaPrompt

        self.push_screen(MfaPrompt(message.prompt), lambda digits: message.answer.put(digits or ""))

    def _account_changed(self) -> None:
        self.wizard.account_changed()
        self.check_soon()
