"""The form's texts as answers for the assessment, as if they were already in the files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpuecs_tui.assessment.findings import answer_problems
from gpuecs_tui.assessment.written import Written, resolved
from gpuecs_tui.stack.unread import Unread, by_key

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts
    from gpuecs_tui.stack.problems import Problem
    from gpuecs_tui.stack.resolve import Resolved
    from gpuecs_tui.wizard.decisions import Decisions


@dataclass(frozen=True, slots=True)
class AsWritten:
    """The decisions of one revision of the form, as ``assess`` takes them."""

    decisions: Decisions
    """The decisions from which the other fields follow."""
    written: Written
    resolved: Resolved
    problems: tuple[Problem, ...]
    """The result of ``answer_problems``."""


def as_written(
    decisions: Decisions, unread: Iterable[Unread], account: AccountFacts | None
) -> AsWritten:
    """Return the answers of ``decisions``; ``unread`` is the Terraform that was not read.

    As in a file, a value outside its key's limits is an answer. A text of the wrong type is not.
    """
    parts = tuple(unread)
    malformed = decisions.malformed - decisions.beyond.keys()
    written = Written(
        {**decisions.answers, **decisions.beyond},
        parts,
        frozenset(by_key(parts)),
        {key: decisions.problems[key] for key in malformed},
    )
    decided = decisions.resolved
    if decisions.beyond:
        decided = resolved(written.answers, account)
    if decisions.malformed or written.open_keys != decisions.unknown.keys():
        # The form leaves a malformed text out and shows what follows from the other answers.
        return AsWritten(decisions, written, decided, answer_problems(written, decided))
    return AsWritten(decisions, written, decided, decisions.found)
