"""Tags that a stack can't have together."""

from __future__ import annotations

import pytest

from gpuecs_tui.stack.tags import TAGS_MAX, tags_problem


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["team", "Name"], ""),
        (["AmazonECSManaged"], "which the stack sets for ECS"),
        (["amazonecsmanaged"], "which the stack sets for ECS"),
        (["Team", "team"], "contains Team in different case too"),
        (["Name", "NAME"], "contains Name in different case too"),
        ([f"t{n}" for n in range(TAGS_MAX)], ""),
        (["Name", *(f"t{n}" for n in range(TAGS_MAX))], ""),
        (
            [f"t{n}" for n in range(TAGS_MAX + 1)],
            "contains 49 tags; the maximum is 48 plus the stack's own",
        ),
    ],
)
def test_tags_that_a_stack_can_t_carry(names: list[str], words: str) -> None:
    problem = tags_problem(dict.fromkeys(names, "x"))
    assert words in problem
    assert bool(problem) is bool(words)
