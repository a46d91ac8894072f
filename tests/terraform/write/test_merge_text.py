"""Two versions of a text, merged with their common ancestor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuecs_tui.terraform.write.merge_text import stretches

TEXTS = st.lists(st.sampled_from("abcd")).map(lambda lines: "".join(f"{x}\n" for x in lines))


def merged(ancestor: str, mine: str, theirs: str) -> tuple[str, bool]:
    """Return the best text, and whether it keeps all of ``mine``."""
    parts = stretches(ancestor, mine, theirs)
    return "".join(part.options[0] for part in parts), all(part.keeping for part in parts)


@pytest.mark.parametrize(
    ("ancestor", "mine", "theirs", "best", "keeps"),
    [
        ("abc", "aXbc", "abcY", "aXbcY", True),
        ("abc", "abc", "aYc", "aYc", True),
        ("abc", "aXc", "aXc", "aXc", True),
        ("abc", "aXc", "aYc", "aYc", False),
        # A line that a person added directly above a line that a decision changes.
        ("abc", "aXbc", "aYc", "aXYc", True),
        ("abc", "aXbc", "aYbc", "aXYbc", True),
        ("abc", "ac", "aYc", "aYc", False),
        ("abcd", "aXcd", "abYd", "aXYd", True),
        ("abc", "", "abcY", "Y", True),
        ("", "X", "", "X", True),
        ("abcd", "bcd", "abc", "bc", True),
        # Only the line that both changed is asked about, not the lines around it.
        ("abcdef", "AXcdeF", "aYcdef", "AYcdeF", False),
    ],
)
def test_changes_of_other_lines_go_together(
    ancestor: str, mine: str, theirs: str, best: str, keeps: bool
) -> None:
    def lines(text: str) -> str:
        return "".join(f"{line}\n" for line in text)

    assert merged(lines(ancestor), lines(mine), lines(theirs)) == (lines(best), keeps)


def test_a_comment_behind_a_value_goes_with_the_new_value() -> None:
    assert merged("interval = 7\n", "interval = 7 # slow start\n", "interval = 9\n") == (
        "interval = 9 # slow start\n",
        True,
    )


def test_another_indentation_stays() -> None:
    assert merged("  a = 1\n  b = 2\n", "\ta = 1\n\tb = 2\n", "  a = 1\n  b = 3\n") == (
        "\ta = 1\n\tb = 3\n",
        True,
    )


@given(TEXTS, TEXTS)
def test_one_side_s_changes_alone_are_that_side(ancestor: str, changed: str) -> None:
    assert merged(ancestor, changed, ancestor) == (changed, True)
    assert merged(ancestor, ancestor, changed) == (changed, True)
    assert merged(ancestor, changed, changed) == (changed, True)


@given(TEXTS, TEXTS, TEXTS)
def test_without_the_edits_it_is_the_other_text(ancestor: str, mine: str, theirs: str) -> None:
    parts = stretches(ancestor, mine, theirs)
    assert "".join(part.options[-1] for part in parts) == theirs
    assert "".join(part.mine for part in parts if not part.keeping or part.options[0]) is not None
