"""The check right before an apply: all rules, over the Terraform that is there and the account now.

What was typed and what was read some time ago don't count here: the plan was made of the files, and
the account may have changed since.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from gpuecs_tui.checks.finding import Finding, Severity
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.resolve import Answers, Resolved, resolve
from gpuecs_tui.stack.state_facts import StateFacts
from gpuecs_tui.stack.unread import Unread

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts
    from gpuecs_tui.aws.session import AccountReader
    from gpuecs_tui.stack.model import Stack
    from gpuecs_tui.terraform.read.directory import ReadBack

Connect = Callable[[str], "AccountReader"]
"""Returns a reader for a region, which is closed afterwards; makes no call."""

LIMIT_SECONDS = 15.0
"""For a person who waits with a plan before them: an account takes some two seconds, and one that
doesn't answer would take a minute (aws/session.py: the time limits, three times)."""
LOOK_SECONDS = 0.1
"""How soon a wait notices that it was left."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it."""

    findings: tuple[Finding, ...] = ()
    """Errors first; what could not be read is unknown among them."""
    account_problem: str = ""
    """Why nothing could be read of the account, in sentences; empty where something was."""
    not_checked: str = ""
    """Why the Terraform in the directory can't be checked at all, in sentences."""
    stack: Stack | None = None
    """The stack as the directory's Terraform has it; None unless every decision was read."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What says that it can't work."""
        return tuple(it for it in self.findings if it.severity is Severity.ERROR)

    @property
    def unknown(self) -> tuple[Finding, ...]:
        """What could not be told; it never counts as fine."""
        return tuple(it for it in self.findings if it.severity is Severity.UNKNOWN)

    @property
    def sentence(self) -> str:
        """Say how fresh it is."""
        if self.not_checked:
            return _("Not checked: {reason}").format(reason=self.not_checked)
        if self.account_problem:
            return _("Not checked against the account: {reason}").format(
                reason=self.account_problem
            )
        if self.unknown:
            return _("Checked just now. This is not known:")
        return _("Checked just now against the account.")


class ApplyCheck:
    """One such check; it can be left at any time, from any thread."""

    def __init__(
        self,
        directory: Path,
        connect: Connect | None,
        environ: Mapping[str, str] | None = None,
        written: Written | None = None,
    ) -> None:
        """Check ``directory``, or what was ``written`` there.

        ``connect`` None: without the account, all of which is unknown then. In ``environ``
        (default: ours) the stack's state is read, for what is its own.
        """
        self._directory, self._connect, self._environ = directory, connect, environ
        self._written = written
        self._facts: AccountFacts | None = None
        self._owned: frozenset[str] | None = None
        self._state = StateFacts()
        self._provider = self._bootstrap = ""
        self._account_problem = self._not_checked = ""
        self._reader: AccountReader | None = None
        self._left = threading.Event()

    def stop(self) -> None:
        """Leave it: ``run`` returns at once."""
        self._left.set()
        if self._reader is not None:
            self._reader.close()

    def run(self, seconds: float | None = None) -> Checked:
        """Check, and return what is known after ``seconds`` at the latest; blocks.

        Never raises for what it finds.
        """
        # A thread that nobody waits for: a state far away is read by another program.
        thread = threading.Thread(target=self._work, name="apply-check", daemon=True)
        thread.start()
        deadline = None if seconds is None else monotonic() + seconds
        while thread.is_alive() and not self._left.is_set():
            if deadline is not None and monotonic() >= deadline:
                self._late(seconds or 0.0)
                break
            thread.join(LOOK_SECONDS)
        self.stop()
        return self._result()

    def _late(self, seconds: float) -> None:
        within = _("there was no answer within {n} s.").format(n=round(seconds))
        if self._written is None:
            self._not_checked = within
        elif self._facts is None and self._connect is not None:
            self._account_problem = within

    def _work(self) -> None:
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.session import Closed
        from gpuecs_tui.terraform.engine.provider_choice import provider_choice
        from gpuecs_tui.terraform.read.bootstrap import bootstrap
        from gpuecs_tui.terraform.read.directory import ReadProblem
        from gpuecs_tui.terraform.recovery.own_state import own_state

        self._provider = provider_choice(self._directory)
        self._bootstrap = bootstrap(self._directory)
        try:
            if self._written is None:
                self._written = written_in(self._directory)
            if self._connect is not None:
                self._read(self._connect, self._written)
        except (ReadProblem, NoStack) as problem:
            self._not_checked = str(problem)
        except AwsProblem as problem:
            self._account_problem = f"{problem.sentence} {problem.remedy}".strip()
        except Closed:
            return
        environ = os.environ if self._environ is None else self._environ
        own = own_state(self._directory, environ, offline=self._connect is None)
        self._owned, self._state = own.owned, own.facts

    def _read(self, connect: Connect, written: Written) -> None:
        from gpuecs_tui.aws.discovery.account import Progress, read_account
        from gpuecs_tui.aws.discovery.lookups import read_references
        from gpuecs_tui.aws.session import Closed

        reader = self._reader = connect(str(written.answers.get("stack.region", "")))
        if self._left.is_set():
            raise Closed

        def keep(progress: Progress) -> None:
            self._facts = progress.facts

        facts = self._facts = read_account(reader, keep)
        self._facts = read_references(reader, _resolved(written.answers, facts).stack, facts)

    def _result(self) -> Checked:
        written = self._written
        if written is None or self._not_checked:
            return Checked(not_checked=self._not_checked)
        found = findings(
            written, self._facts, self._owned, self._provider, self._bootstrap, self._state
        )
        resolved = _resolved(written.answers, self._facts)
        stack = None if resolved.missing or written.unknown else resolved.stack
        return Checked(tuple(found), self._account_problem, stack=stack)


class NoStack(Exception):
    """The directory's Terraform holds no stack that is understood here."""


@dataclass(frozen=True, slots=True)
class Written:
    """The answers that were written down, in an answers file or in Terraform."""

    answers: Answers
    unread: tuple[Unread, ...] = ()
    """What of the Terraform isn't read, and files of ours that were deleted."""
    unknown: frozenset[str] = frozenset()
    """Keys whose answer is unknown because of that: no default stands in for it."""

    @classmethod
    def of(cls, found: ReadBack, directory: Path) -> Written:
        """Return what was read in ``directory``, and which files of ours were deleted."""
        from gpuecs_tui.terraform.write.last_write import deleted_since

        return cls(found.answers, (*found.unread, *deleted_since(directory)), found.unknown)


def written_in(directory: Path) -> Written:
    """Return what a directory's Terraform says. Raises ReadProblem or NoStack."""
    from gpuecs_tui.terraform.read.directory import read

    found = read(directory)
    if found.kind != "stack":
        raise NoStack(
            _("{directory} holds no ECS service that is understood here.").format(
                directory=directory
            )
        )
    return Written.of(found, directory)


def findings(
    written: Written,
    account: AccountFacts | None,
    owned: frozenset[str] | None,
    provider: str,
    bootstrap: str = "",
    state: StateFacts | None = None,
) -> list[Finding]:
    """Return what is wrong with the answers themselves, what the rules find, and what isn't read.

    ``owned``, ``provider``, ``bootstrap`` and ``state`` as in ``checks.check``.
    """
    from gpuecs_tui.aws.reading import Known
    from gpuecs_tui.checks.not_read import not_read
    from gpuecs_tui.checks.registry import check, of_problems
    from gpuecs_tui.stack.partial import partial
    from gpuecs_tui.stack.problems import problems
    from gpuecs_tui.stack.unread import within

    identity = account.identity if account is not None else None
    known = identity.value.account if isinstance(identity, Known) else ""
    unread = within(written.unread, known)
    blinds = {each.blinds for each in unread}
    if "state" in blinds:
        owned = None
    if "account" in blinds:
        account = None
    resolved = _resolved(written.answers, account)
    # Settings that ``init`` gives to a partial backend are missing here, not in the stack.
    reasons = [
        it
        for it in problems(written.answers, resolved, written.unknown)
        if state is None or not (state.open_settings and it.key.startswith("state."))
    ]
    wrong = of_problems(reasons, written.answers)
    said = {finding.field for finding in wrong}
    stack = partial(resolved.stack, written.unknown)
    found = check(stack, account, owned=owned, provider=provider, bootstrap=bootstrap, state=state)
    if "account" in blinds:
        # One finding says why; each rule would say again that it has no account.
        found = [finding for finding in found if finding.severity is not Severity.UNKNOWN]
    rest = [finding for finding in found if finding.field not in said]
    return sorted([*wrong, *rest, *not_read(unread)], key=lambda it: _order(it, wrong))


def _order(finding: Finding, wrong: list[Finding]) -> tuple[bool, int]:
    """Put the problems of the answers first, then the rest by severity, as they come."""
    return finding not in wrong, list(Severity).index(finding.severity)


def _resolved(answers: Answers, account: AccountFacts | None) -> Resolved:
    from gpuecs_tui.aws import catalogue

    name = str(answers.get("fleet.instance_type", ""))
    return resolve(answers, catalogue.find(name, account))
