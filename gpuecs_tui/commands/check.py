"""``check``: the findings about a stack, and the gate that an apply passes."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.checks import cost_words
from gpuecs_tui.checks.context import context_of
from gpuecs_tui.checks.cost import cost
from gpuecs_tui.checks.finding import Finding, Severity
from gpuecs_tui.checks.registry import check as rules
from gpuecs_tui.checks.registry import of_problems
from gpuecs_tui.commands import subject
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_FAILED, Failure, harmless
from gpuecs_tui.commands.subject import Subject
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.resolve import Answers

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts


def check(arguments: argparse.Namespace) -> int:
    """Print what was found; exit 1 if any of it is an error."""
    choose_account(arguments)
    path: Path = arguments.subject
    if not path.exists():
        raise Failure(_("{path} does not exist.").format(path=path))
    answers = subject.answers_of(path, limits=False)
    account = None if arguments.offline else read_account(answers, prices=True)
    about = subject.subject_of(answers, account)
    found = findings(about, account, path)
    paid = cost(context_of(about.stack, account))
    if arguments.json:
        tree = {
            "findings": [finding.as_json() for finding in found],
            "cost": cost_words.as_json(paid),
        }
        print(json.dumps(tree, indent=2, ensure_ascii=False))
    else:
        _print(found)
        print()
        print("\n".join(map(harmless, cost_words.text_lines(paid))))
    return EXIT_FAILED if _errors(found) else 0


def refuse_errors(directory: Path, *, offline: bool) -> None:
    """Check the stack of a directory right before an apply; print it all, Failure on an error.

    Terraform from elsewhere, which isn't understood as a stack, is for its author to check.
    """
    try:
        answers = subject.answers_of(directory)
    except subject.NotUnderstood as problem:
        print(_("Not checked: {reason}").format(reason=problem), file=sys.stderr)
        return
    account = None if offline else read_account(answers)
    found = findings(subject.subject_of(answers, account), account, directory)
    if not found:
        return
    _print(found)
    if _errors(found):
        raise Failure(
            _("Nothing was applied: the check found errors."),
            _("Mend them, or go ahead with --despite-findings."),
        )


def findings(about: Subject, account: AccountFacts | None, path: Path) -> list[Finding]:
    """Return what is wrong with the answers themselves, then what the rules find elsewhere."""
    wrong = of_problems(about.problems)
    said = {finding.field for finding in wrong}
    found = rules(about.stack, account, owned=_owned(path), provider=_provider(path))
    return [*wrong, *(finding for finding in found if finding.field not in said)]


def read_account(answers: Answers, *, prices: bool = False) -> AccountFacts | None:
    """Read the account for the region of ``answers``; None, with a note, where it can't be had.

    ``prices``: also what the type of ``answers`` costs, and all else that a stack needs.
    """
    from gpuecs_tui.aws.discovery import read_account as read
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.lookups import read_references
    from gpuecs_tui.aws.prices import read_prices
    from gpuecs_tui.aws.session import connect

    reader = connect(region=str(answers.get("stack.region", "")))
    try:
        facts = read(reader)
        facts = read_references(reader, subject.subject_of(answers, facts).stack, facts)
        name = str(answers.get("fleet.instance_type", ""))
        if prices:
            facts = replace(facts, prices=read_prices(reader, [name] if name else []))
        return facts
    except AwsProblem as problem:
        print(
            _("The account was not read: {problem}").format(problem=harmless(str(problem))),
            file=sys.stderr,
        )
        return None
    finally:
        reader.close()


def _owned(path: Path) -> frozenset[str] | None:
    """Return what the stack's own state holds, so that it doesn't count as taken by others."""
    if not path.is_dir():
        return frozenset()
    from gpuecs_tui.terraform.owned import owned

    return owned(path)


def _provider(path: Path) -> str:
    """Return the AWS provider's version that a stack's directory asks for; empty for a file."""
    if not path.is_dir():
        return ""
    from gpuecs_tui.terraform.provider_choice import provider_choice

    return provider_choice(path)


def _errors(found: list[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in found)


def _print(found: list[Finding]) -> None:
    if not found:
        print(_("Nothing found: the tasks will place, as far as can be told."))
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
