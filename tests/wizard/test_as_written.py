"""The problems of answers are worked out once for each revision of the form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.assessment.findings import answer_problems
from gpuecs_tui.stack import problems as stack_problems
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.unread import Unread, by_key
from gpuecs_tui.wizard.as_written import as_written
from gpuecs_tui.wizard.decisions import decide
from gpuecs_tui.wizard.draft_saver import DraftSaver
from gpuecs_tui.wizard.drafts import Draft
from gpuecs_tui.wizard.options import Options
from gpuecs_tui.wizard.session import WizardSession
from tests.support.screens.whole_texts import WHOLE

SIZES = {"fleet.min_size": "7", "fleet.max_size": "5"}
UNREAD = (Unread("fleet.tf", 3, "min_size", "is not read", ("fleet.min_size",)),)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A list with one entry for each time that the problems of answers are worked out."""
    calls: list[object] = []
    find = stack_problems._each

    def found(*arguments: Any) -> Iterator[tuple[str, str]]:
        calls.append(arguments)
        return find(*arguments)

    monkeypatch.setattr(stack_problems, "_each", found)
    return calls


def no_type(_name: str) -> InstanceType | None:
    return None


@pytest.mark.parametrize(
    ("texts", "unread", "times"),
    [
        ({**WHOLE, **SIZES}, (), 1),
        ({"stack.name": "llama", "network.ingress_cidrs": "10.0.0.0/8"}, (), 1),
        ({**WHOLE, "fleet.max_size": "5"}, UNREAD, 1),
        # The decisions leave the text out, but in a file it is an answer: both are worked out.
        ({**WHOLE, **SIZES, "service.desired_count": "-3"}, (), 2),
        ({**WHOLE, **SIZES, "service.desired_count": "some"}, (), 2),
        ({**WHOLE, **SIZES, "service.desired_count": "some"}, UNREAD, 2),
    ],
    ids=["contradiction", "missing", "unread", "beyond", "malformed", "malformed beside unread"],
)
def test_they_are_those_of_the_answers_as_written(
    counted: list[object], texts: dict[str, str], unread: tuple[Unread, ...], times: int
) -> None:
    decisions = decide(texts, no_type, by_key(unread))
    it = as_written(decisions, unread, None)
    assert len(counted) == times
    assert it.problems == answer_problems(it.written, it.resolved)
    assert it.problems or unread


@pytest.mark.parametrize(("count", "times"), [("2", 1), ("0", 1), ("-3", 2)])
def test_once_for_all_readers_of_a_session(
    tmp_path: Path, counted: list[object], count: str, times: int
) -> None:
    wizard = WizardSession(Options(tmp_path), DraftSaver(tmp_path, lambda _problem: None))
    wizard.adopt(Draft({**WHOLE, **SIZES}, "review", ("start",)))
    wizard.put("service.desired_count", count)
    counted.clear()
    wizard.check()
    assert (
        {"fleet.min_size"} <= {it.field for it in wizard.wrong} == wizard.decisions.problems.keys()
    )
    wizard.check()
    assert wizard.wrong and wizard.decisions.problem("fleet.min_size")
    assert len(counted) == times
    wizard.close()
