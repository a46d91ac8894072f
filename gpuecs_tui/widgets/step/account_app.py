"""The part of the app that updates and shows account data, look-ups and findings.

Checks run immediately after a key press: in a large account they take a few milliseconds. Inside a
word they wait for the end of the word, so that over a slow link a key press sends only the change
in its field. If a check takes longer, the next one waits for the same time, so that typing is
blocked for at most half of the time.
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
from gpuecs_tui.widgets.step.screen import TYPING_SECONDS, StepScreen
from gpuecs_tui.wizard import account_feed
from gpuecs_tui.wizard.account_feed import AccountFeed
from gpuecs_tui.wizard.account_state import AccountState
from gpuecs_tui.wizard.session import WizardSession

ResultType = TypeVar("ResultType")

LOOK_UP_PAUSE = 0.7
"""Seconds without a key press before names are looked up: a half-typed name isn't worth a call."""


class AccountApp(App[ResultType]):
    """The app for one wizard, including the data that was read from the account."""

    wizard: WizardSession
    feed: AccountFeed

    revision: Reactive[int] = Reactive(0, layout=False, repaint=False)
    """Increased when data of the wizard that screens show has changed; each increase is painted
    once."""

    _check_due = False
    _rested_at = 0.0
    """Earliest time of the next check, on the clock of ``monotonic``."""
    _typing_timer: Timer | None = None
    _look_up_timer: Timer | None = None
    _looked_up: object = None
    """The last look-ups since the account was read."""

    def read_owned(self) -> None:
        """Read, in a thread, which names belong to the stack itself."""
        raise NotImplementedError

    def directory_written(self) -> None:
        """Read the directory again after a write; results of earlier reads are then ignored."""
        raise NotImplementedError

    def start_reading(self) -> bool:
        """Read the account, unless it is being read, or was read, with this profile and Region;
        return whether a read was started.

        The stack's own state is read again too.
        """
        profile, region = self.wizard.profile, self.wizard.region
        half_typed = not region and bool(self.wizard.texts.get("stack.region", "").strip())
        if half_typed or self.feed.reads(profile, region):
            return False
        if self.wizard.state is not None:
            # Resources that a run has created since must not look like those of another stack.
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
        """Run the checks, immediately unless they have just run; look names up when typing
        pauses."""
        if not self._check_due:
            self._check_due = True
            rest = self._rested_at - monotonic()
            if rest > 0:
                # The answer is shown now, and the findings after the pause between two checks.
                self.show_wizard()
                self.set_timer(rest, self._check)
            else:
                self.call_next(self._check)
        if self._look_up_timer is not None:
            self._look_up_timer.stop()
        self._look_up_timer = self.set_timer(LOOK_UP_PAUSE, self._after_pause)

    def show_wizard(self) -> None:
        """Increase the revision: the step's screen and its dialogs then show the present wizard."""
        self.revision += 1

    def watch_revision(self) -> None:
        """Update the step's screen and its dialogs once."""
        # Imported late: the first frame has no dialog.
        from gpuecs_tui.widgets.base.wizard_modal import WizardModal

        for screen in self.screen_stack:
            # Only attached screens: while the app ends, screens lose their widgets one by one.
            if (
                isinstance(screen, StepScreen | WizardModal)
                and screen.is_mounted
                and screen.is_attached
            ):
                screen.changed()

    def _check(self) -> None:
        self._check_due = False
        if self.wizard.step == "start":
            # The step has no fields, and its first frames must not wait for the imports of the
            # rules.
            self.show_wizard()
            return
        begun = monotonic()
        self.wizard.suggest_from_account()
        self.wizard.check()
        self.show_wizard()
        ended = monotonic()
        self._rested_at = ended + (ended - begun)

    def _after_pause(self) -> None:
        """Follow the typed profile and Region, and look up each name in the stack once."""
        if self.wizard.step != "start":
            self.start_reading()
        facts = self.wizard.account.facts
        if facts is None or self.wizard.account.busy:
            return
        # Imported late, because the first frame needs no stack.
        from gpuecs_tui.stack.containers.references import images_of, secret_references

        stack = self.wizard.decisions.resolved.stack
        named = (
            tuple(images_of(stack)),
            (stack.fleet.ami, stack.fleet.ami_release),
            (stack.task.log_group, stack.task.log_kms_key_arn),
            secret_references(stack),
            stack.stack.permissions_boundary,
            (stack.task.execution_role_arn, stack.task.task_role_arn),
            stack.service.execute_command,
            (stack.names.cluster, stack.names.service),
            (stack.fleet.gpu_metrics, stack.fleet.instance_profile_arn, stack.alarms.topic_arn),
            (stack.fleet.market, stack.fleet.container_insights, bool(stack.fleet.root_volume_gib)),
            (len(stack.network.ingress_cidrs), stack.network.ingress_prefix_list_ids),
            len(stack.network.ingress_security_group_ids),
            (stack.load_balancer.access_log_bucket, stack.load_balancer.web_acl_arn),
            stack.load_balancer.hosted_zone_id,
            facts.region,
        )
        if named != self._looked_up:
            self._looked_up = named
            self.feed.look_up(stack, facts)

    def read_late_list(self, name: str) -> None:
        """Read the list ``name`` of ``LateLists``, unless it was read; an open list then shows it.

        Without an account, nothing is read.
        """
        # Imported late, because the first frame reads no account.
        from gpuecs_tui.aws.reading import Unknown

        facts = self.wizard.account.facts
        if facts is not None and isinstance(getattr(facts.late, name), Unknown):
            self.feed.read_list(name)

    @on(account_feed.ListRead)
    def _list_read(self, message: account_feed.ListRead) -> None:
        account = self.wizard.account
        if account.facts is not None:
            late = replace(account.facts.late, **{message.name: message.reading})
            account.facts = replace(account.facts, late=late)
            self._account_changed()

    @on(Edited)
    def _edited(self, message: Edited) -> None:
        if self._typing_timer is not None:
            self._typing_timer.stop()
        if message.in_word:
            self._typing_timer = self.set_timer(TYPING_SECONDS, self.check_soon)
        else:
            self.check_soon()

    @on(account_feed.IdentityRead)
    def _identity_read(self, message: account_feed.IdentityRead) -> None:
        self.wizard.account.identity = message.identity
        self.show_wizard()

    @on(account_feed.AccountProgressed)
    def _account_progressed(self, message: account_feed.AccountProgressed) -> None:
        account = self.wizard.account
        account.facts, account.done, account.total = message.facts, message.done, message.total
        self._account_changed()

    @on(account_feed.AccountRead)
    def _account_read(self, message: account_feed.AccountRead) -> None:
        self.wizard.account.facts = message.facts
        self.wizard.account.busy = False
        self._account_changed()
        if message.facts.region:
            # Imported late, because the first frame needs no stack.
            from gpuecs_tui.stack.capacity.fleet_types import type_names

            self.feed.price(type_names(self.wizard.decisions.answers), message.facts)

    @on(account_feed.PricesRead)
    def _prices_read(self, message: account_feed.PricesRead) -> None:
        if (facts := self.wizard.account.facts) is not None:
            self.wizard.account.facts = replace(facts, prices=message.prices)
            self._account_changed()

    @on(account_feed.LookedUp)
    def _lookups_read(self, message: account_feed.LookedUp) -> None:
        account = self.wizard.account
        if account.facts is not None:
            account.facts = replace(account.facts, lookups=message.lookups)
            self._account_changed()

    @on(account_feed.AccountFailed)
    def _account_failed(self, message: account_feed.AccountFailed) -> None:
        account = self.wizard.account
        account.problem, account.remedy = message.sentence, message.remedy
        account.busy = False
        self._account_changed()

    @on(account_feed.TokenWanted)
    def _token_wanted(self, message: account_feed.TokenWanted) -> None:
        from gpuecs_tui.widgets.base.mfa_prompt import MfaPrompt

        self.push_screen(MfaPrompt(message.prompt), lambda digits: message.answer.put(digits or ""))

    def _account_changed(self) -> None:
        self.wizard.account_changed()
        self.check_soon()
