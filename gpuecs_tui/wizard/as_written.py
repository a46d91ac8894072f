"""The form's texts as answers for the assessment, as if they were already in the files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gpuecs_tui.assessment.written import Written, resolved
from gpuecs_tui.stack.unread import Unread, by_key

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts
    from gpuecs_tui.stack.resolve import Resolved
    from gpuecs_tui.wizard.decisions import Decisions


def as_written(decisions: Decisions, unread: Iterable[Unread]) -> Written:
    """Return the answers of ``decisions``; ``unread`` is the Terraform that was not read.

    As in a file, a value outside its key's limits is an answer. A text of the wrong type is not.
    """
    parts = tuple(unread)
    malformed = decisions.malformed - decisions.beyond.keys()
    return Written(
        {**decisions.answers, **decisions.beyond},
        parts,
        frozenset(by_key(parts)),
        {key: decisions.problems[key] for key in malformed},
    )


def resolved_as_written(decisions: Decisions, account: AccountFacts | None) -> Resolved:
    """Return the stack that follows from ``as_written``."""
    if not decisions.beyond:
        return decisions.resolved
    return resolved({**decisions.answers, **decisions.beyond}, account)
