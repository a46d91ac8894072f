"""Tags that no stack can carry together."""

from __future__ import annotations

import pytest

from gpuecs_tui.stack.tags import TAGS_MAX, tags_problem


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["team", "Name"], ""),
        (["AmazonECSManaged"], "ECS's own tag"),
        (["amazonecsmanaged"], "ECS's own tag"),
        (["Team", "team"], "Team is there in another case too"),
        (["Name", "NAME"], "Name is there in another case too"),
        ([f"t{n}" for n in range(TAGS_MAX)], ""),
        (["Name", *(f"t{n}" for n in range(TAGS_MAX))], ""),
        (
            [f"t{n}" for n in range(TAGS_MAX + 1)],
            "holds 49 tags; beside the stack's own, at most 48",
        ),
    ],
)
def test_tags_that_a_stack_can_t_carry(names: list[str], words: str) -> None:
    problem = tags_problem(dict.fromkeys(names, "x"))
    assert problem.startswith(words) if words.startswith(("Team", "Name")) else words in problem
    assert bool(problem) is bool(words)
