"""Three texts merged by line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuecs_tui.terraform.edits import merge

TEXTS = st.lists(st.sampled_from("abcd")).map(lambda lines: "".join(f"{x}\n" for x in lines))


@pytest.mark.parametrize(
    ("ancestor", "mine", "theirs", "merged"),
    [
        ("abc", "aXbc", "abcY", "aXbcY"),
        ("abc", "abc", "aYc", "aYc"),
        ("abc", "aXc", "aYc", None),
        ("abc", "aXc", "aXc", "aXc"),
        ("abc", "aXbc", "aYbc", None),
        ("abc", "ac", "aYc", None),
        ("abcd", "aXcd", "abYd", "aXYd"),
        ("abc", "", "abcY", "Y"),
        ("", "X", "Y", None),
        ("", "X", "", "X"),
        ("abcd", "bcd", "abc", "bc"),
    ],
)
def test_changes_of_other_lines_go_together(
    ancestor: str, mine: str, theirs: str, merged: str | None
) -> None:
    def lines(text: str) -> str:
        return "".join(f"{line}\n" for line in text)

    assert merge(lines(ancestor), lines(mine), lines(theirs)) == (
        None if merged is None else lines(merged)
    )


@given(TEXTS, TEXTS)
def test_one_side_s_changes_alone_are_that_side(ancestor: str, changed: str) -> None:
    assert merge(ancestor, changed, ancestor) == changed
    assert merge(ancestor, ancestor, changed) == changed
    assert merge(ancestor, changed, changed) == changed


@given(TEXTS, TEXTS, TEXTS)
def test_it_doesn_t_matter_who_is_who(ancestor: str, mine: str, theirs: str) -> None:
    assert merge(ancestor, mine, theirs) == merge(ancestor, theirs, mine)
