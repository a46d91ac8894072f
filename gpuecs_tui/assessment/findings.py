"""One list of the problems of answers, the findings of rules, and the parts that are not read.

The wizard, ``check``, and the check before an apply all use this module, so they show the same
findings for the same directory and account.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpuecs_tui.assessment.own import Own
from gpuecs_tui.assessment.written import Written, resolved

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts
    from gpuecs_tui.checks.finding import Finding
    from gpuecs_tui.stack.problems import Problem
    from gpuecs_tui.stack.resolve import Resolved
    from gpuecs_tui.stack.state_facts import StateFacts


@dataclass(frozen=True, slots=True)
class Assessment:
    """All findings about a stack."""

    wrong: tuple[Finding, ...] = ()
    """Why the answers are not a valid stack: errors, in the order of the keys."""
    found: tuple[Finding, ...] = ()
    """Findings of rules and of unread parts: errors, then warnings, then unknowns."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return all findings, the problems of the answers first."""
        return (*self.wrong, *self.found)


def assess(
    written: Written,
    account: AccountFacts | None,
    own: Own,
    decided: Resolved | None = None,
    problems: Iterable[Problem] | None = None,
) -> Assessment:
    """Return the findings about ``written`` in ``account``, with the facts ``own`` of its
    directory.

    With ``account`` None, everything that depends on the account is unknown. ``decided`` is
    ``written`` resolved in that account, and ``problems`` its ``answer_problems``, if the caller
    has them already.
    """
    from gpuecs_tui.aws.reading import Known
    from gpuecs_tui.checks.finding import Severity
    from gpuecs_tui.checks.not_read import unread_findings
    from gpuecs_tui.checks.registry import check
    from gpuecs_tui.stack.partial import partial
    from gpuecs_tui.stack.unread import within

    identity = account.identity if account is not None else None
    known = identity.value.account if isinstance(identity, Known) else ""
    blinds = {each.blinds for each in within(written.unread, known)}
    if "account" in blinds:
        account = decided = None
    if decided is None:
        decided, problems = resolved(written.answers, account), None
    if problems is None:
        problems = answer_problems(written, decided)
    wrong = wrong_answers(written, problems, own.state)
    found = check(
        # An invalid value may not have the form that a rule reads. It is in ``wrong``.
        partial(decided.stack, written.unusable),
        account,
        owned=None if "state" in blinds else own.owned,
        provider=own.provider,
        rollbacks=own.rollbacks,
        mirrored=own.mirrored,
        other_scalers=own.other_scalers,
        bootstrap=own.bootstrap,
        state=own.state,
    )
    if "account" in blinds:
        # One finding gives the reason. Otherwise, each rule would report the missing account.
        found = [finding for finding in found if finding.severity is not Severity.UNKNOWN]
    said = {finding.field for finding in wrong}
    rest = [
        *(it for it in found if it.field not in said),
        *unread_findings(within(written.open_unread, known)),
    ]
    order = list(Severity)
    return Assessment(wrong, tuple(sorted(rest, key=lambda it: order.index(it.severity))))


def wrong_answers(
    written: Written, problems: Iterable[Problem], state: StateFacts
) -> tuple[Finding, ...]:
    """Return the ``problems`` of ``written`` as errors.

    Missing values are errors too, except the settings of a partial backend: ``init`` gets them from
    outside the files.
    """
    from gpuecs_tui.checks.registry import findings_from_problems

    return tuple(
        findings_from_problems(
            (it for it in problems if not (state.open_settings and it.key.startswith("state."))),
            written.answers,
        )
    )


def answer_problems(written: Written, decided: Resolved) -> tuple[Problem, ...]:
    """Return why ``written``, resolved as ``decided``, is not a valid stack: one problem for a key,
    in the order of the keys.
    """
    from gpuecs_tui.stack.model import KEYS
    from gpuecs_tui.stack.problems import Problem, problems

    found = {it.key: it for it in problems(written.answers, decided, written.open_keys)}
    found |= {key: Problem(key, reason) for key, reason in written.malformed.items()}
    return tuple(found[key] for key in KEYS if key in found)
