"""The check right before an apply: all rules, with the present Terraform files and account.

It doesn't use the form's answers or earlier account data: the plan was created from the files, and
the account may have changed since. Files that changed after the plan was created say nothing about
the plan, so they are not checked for it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from gpuecs_tui.assessment.findings import assess
from gpuecs_tui.assessment.own import pending, read_own
from gpuecs_tui.assessment.written import NoStack, Written, resolved, written_in
from gpuecs_tui.checks.finding import Finding, Severity
from gpuecs_tui.checks.not_read import NOT_READ
from gpuecs_tui.i18n import _

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts
    from gpuecs_tui.aws.session import AccountReader
    from gpuecs_tui.stack.model import Stack
    from gpuecs_tui.terraform.runs.run import Run

Connect = Callable[[str], "AccountReader"]
"""Returns a reader for a region, which is closed afterwards; makes no call."""

LIMIT_SECONDS = 15.0
"""Limit for a user who waits to approve a plan: reading an account takes about two seconds, but
without a response it would take a minute (aws/session.py: the time limits, three times)."""
LOOK_SECONDS = 0.1
"""How soon a wait detects that the check was stopped."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of the check."""

    findings: tuple[Finding, ...] = ()
    """Errors first. Facts that could not be read give findings of severity unknown."""
    account_problem: str = ""
    """Why nothing of the account could be read, in sentences; empty if something was read."""
    not_checked: str = ""
    """Why the Terraform in the directory can't be checked, in sentences."""
    other_files: str = ""
    """Why the files in the directory are not those of the plan, in sentences; nothing was checked
    then. Empty if they are, or if no plan was given."""
    stack: Stack | None = None
    """The stack in the directory's Terraform; None unless every decision was read."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings of severity error."""
        return tuple(it for it in self.findings if it.severity is Severity.ERROR)

    @property
    def unknown(self) -> tuple[Finding, ...]:
        """The findings of severity unknown, which never count as "no problem"."""
        return tuple(it for it in self.findings if it.severity is Severity.UNKNOWN)

    @property
    def shown_unknown(self) -> tuple[Finding, ...]:
        """The findings of ``unknown`` that are shown.

        Without an account, ``account_problem`` already gives the reason for most of them. Parts of
        the Terraform that are not read have their own reasons.
        """
        if not self.account_problem:
            return self.unknown
        return tuple(it for it in self.unknown if it.rule == NOT_READ)

    @property
    def sentence(self) -> str:
        """Return a sentence about when and against what the stack was checked."""
        if self.other_files:
            return self.other_files
        if self.not_checked:
            return _("Not checked: {reason}").format(reason=self.not_checked)
        if self.account_problem:
            return _("Not checked against the account: {reason}").format(
                reason=self.account_problem
            )
        if self.unknown:
            return _("Checked just now. These items are unknown:")
        return _("Checked just now against the account.")


class ApplyCheck:
    """One check, which can be stopped at any time from any thread."""

    def __init__(
        self,
        directory: Path,
        connect: Connect | None,
        environ: Mapping[str, str] | None = None,
        written: Written | None = None,
        planned: Run | None = None,
    ) -> None:
        """Check ``directory``, or the answers ``written`` there.

        With ``planned``, the result is empty unless that run's plan is of the files in the
        directory, both before and after the check.

        With ``connect`` None, the account is not read and all of it is unknown. ``environ``
        (default: the process environment) is used to read the stack's state.
        """
        self._directory, self._connect, self._environ = directory, connect, environ
        self._written = written
        self._planned = planned
        self._other_files = ""
        self._facts: AccountFacts | None = None
        self._own = pending()
        self._account_problem = self._not_checked = ""
        self._reader: AccountReader | None = None
        self._left = threading.Event()

    def stop(self) -> None:
        """Stop the check: ``run`` returns at once."""
        self._left.set()
        if self._reader is not None:
            self._reader.close()

    def run(self, seconds: float | None = None) -> Checked:
        """Check, and return the results after ``seconds`` at the latest; blocks.

        Problems are returned, never raised.
        """
        # A daemon thread: reading a remote state runs another program, which may not end.
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
        within = _("no response within {n} s.").format(n=round(seconds))
        if self._written is None:
            self._not_checked = within
        elif self._facts is None and self._connect is not None:
            self._account_problem = within

    def _work(self) -> None:
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.session import Closed
        from gpuecs_tui.terraform.hcl.tree import ReadProblem

        if self._has_other_files():
            return
        try:
            if self._written is None:
                self._written = written_in(self._directory)
            if self._connect is not None:
                self._read(self._connect, self._written)
        except (ReadProblem, NoStack) as problem:
            self._not_checked = str(problem)
            return
        except AwsProblem as problem:
            self._account_problem = f"{problem.sentence} {problem.remedy}".strip()
        except Closed:
            return
        environ = os.environ if self._environ is None else self._environ
        self._own = read_own(
            self._directory,
            environ,
            offline=self._connect is None,
            plugin_dir=self._planned.plugin_dir if self._planned else None,
        )
        self._has_other_files()

    def _has_other_files(self) -> bool:
        from gpuecs_tui.terraform.runs.applied import why_not_of_present_files

        if self._planned is not None:
            self._other_files = why_not_of_present_files(self._planned)
        return bool(self._other_files)

    def _read(self, connect: Connect, written: Written) -> None:
        from gpuecs_tui.assessment.account import read_for
        from gpuecs_tui.aws.session import Closed

        reader = self._reader = connect(str(written.answers.get("stack.region", "")))
        if self._left.is_set():
            raise Closed
        self._facts = read_for(reader, written.answers, self._keep)

    def _keep(self, facts: AccountFacts) -> None:
        self._facts = facts

    def _result(self) -> Checked:
        written = self._written
        if self._other_files:
            return Checked(other_files=self._other_files)
        if written is None or self._not_checked:
            return Checked(not_checked=self._not_checked)
        decided = resolved(written.answers, self._facts)
        found = assess(written, self._facts, self._own, decided).findings
        stack = None if decided.missing or written.unknown else decided.stack
        return Checked(found, self._account_problem, stack=stack)
