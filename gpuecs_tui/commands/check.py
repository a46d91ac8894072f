"""``check``: the findings about a stack, and the check before an apply."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.assessment.apply_gate import ApplyCheck
from gpuecs_tui.assessment.findings import assess
from gpuecs_tui.assessment.own import read_own
from gpuecs_tui.assessment.written import resolved
from gpuecs_tui.aws.session import connect
from gpuecs_tui.checks.context import context_of
from gpuecs_tui.checks.finding import Finding, Severity
from gpuecs_tui.checks.pricing import cost_words
from gpuecs_tui.checks.pricing.cost import cost
from gpuecs_tui.commands import stack_source
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_FAILED, Failure, harmless
from gpuecs_tui.commands.output import print_json
from gpuecs_tui.commands.render_show import tell_unfinished
from gpuecs_tui.commands.stack_here import stack_directory
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.partial import known, partial
from gpuecs_tui.stack.resolve import Answers

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts


def check(arguments: argparse.Namespace) -> int:
    """Print the findings; exit 1 if one of them is an error."""
    choose_account(arguments)
    path = stack_directory(arguments.subject, "check")
    if not path.exists():
        raise Failure(_("{path} does not exist.").format(path=path))
    written = stack_source.written_in(path, limits=False)
    if path.is_dir():
        tell_unfinished(path)
    account = None if arguments.offline else account_for(written.answers)
    with waiting(_("Reading the state …")):
        own = read_own(path, os.environ, offline=bool(arguments.offline))
    decided = resolved(written.answers, account)
    found = assess(written, account, own, decided).findings
    stack = partial(decided.stack, written.unusable)
    paid = known(lambda: cost(context_of(stack, account)))
    if arguments.json:
        tree = {
            "findings": [finding.as_json() for finding in found],
            "cost": cost_words.as_json(paid) if paid else None,
        }
        print_json(tree)
    else:
        _print(found)
        print()
        unknown = _(
            "Cost is unknown: some of the answers that it depends on are invalid or could not be "
            "read."
        )
        lines = cost_words.text_lines(paid) if paid else [unknown]
        print("\n".join(map(harmless, lines)))
    return EXIT_FAILED if _errors(found) else 0


def refuse_errors(
    directory: Path,
    *,
    offline: bool,
    told: Sequence[Finding] | None = None,
    hides: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Check the stack of a directory against the account as it is now; return the findings.

    Prints all findings that are not in ``told``, without warnings of the rules ``hides``. Raises
    Failure on an error, and if the account can't be read and ``offline`` is false. Terraform that
    isn't understood as a stack is not checked.
    """
    try:
        written = stack_source.written_in(directory)
    except stack_source.NotUnderstood as problem:
        if told is None:
            words = _("Not checked: {reason}").format(reason=problem)
            print(harmless(words), file=sys.stderr)
        return ()
    reader = None if offline else lambda region: connect(region=region)
    with waiting(_("Checking the stack …")):
        checked = ApplyCheck(directory, reader, written=written).run()
    silent = {*(told or ()), *({*checked.unknown} - {*checked.shown_unknown})}
    hidden = {it for it in checked.findings if it.rule in hides and it.severity is Severity.WARNING}
    _print([it for it in checked.findings if it not in silent | hidden], quiet=True)
    if checked.account_problem:
        raise Failure(
            _(
                "Nothing was applied: could not check the stack against the account. {reason}"
            ).format(reason=checked.account_problem),
            _("To apply without this check, add --offline or --despite-findings."),
        )
    if checked.errors:
        raise Failure(
            _("Nothing was applied: the check found errors."),
            _("Fix the errors, or add --despite-findings."),
        )
    return checked.findings


def account_for(answers: Answers) -> AccountFacts | None:
    """Read the account for ``answers``, with prices. If that fails, print why and return None."""
    from gpuecs_tui.assessment.account import read_for, with_prices
    from gpuecs_tui.aws.errors import AwsProblem

    reader = connect(region=str(answers.get("stack.region", "")))
    try:
        with waiting(_("Reading the account …")):
            return with_prices(reader, answers, read_for(reader, answers))
    except AwsProblem as problem:
        print(
            _("Could not read the account: {problem}").format(problem=harmless(str(problem))),
            file=sys.stderr,
        )
        return None
    finally:
        reader.close()


def _errors(found: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in found)


def _print(found: Sequence[Finding], *, quiet: bool = False) -> None:
    if not found and not quiet:
        print(_("No problems found."))
    words = {
        Severity.ERROR: _("error"),
        Severity.WARNING: _("warning"),
        Severity.UNKNOWN: _("unknown"),
    }
    for finding in found:
        print(f"{words[finding.severity]}  {finding.field}  [{finding.rule}]")
        print(f"    {harmless(finding.message)}")
        if finding.remedy:
            print(f"    → {harmless(finding.remedy)}")
