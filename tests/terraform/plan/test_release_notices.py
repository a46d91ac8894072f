"""The notices about a change of the deployment strategy."""

from __future__ import annotations

import json

import pytest

from gpuecs_tui.terraform.plan.details import Action, ChangedAttribute, PlanTree, ResourceChange
from gpuecs_tui.terraform.plan.notices import notices


def said(before: str | None, after: str | None, action: Action = Action.UPDATE) -> str:
    was, becomes = (None if it is None else json.dumps(it) for it in (before, after))
    changed = ChangedAttribute("deployment_configuration[0].strategy", was, becomes)
    kind = "aws_ecs_service"
    change = ResourceChange(f"{kind}.this", kind, action, "", (changed,))
    return " ".join(it.message for it in notices(PlanTree((change,), ())))


@pytest.mark.parametrize(
    ("after", "release"), [("BLUE_GREEN", "6.4.0"), ("LINEAR", "6.21.0"), ("CANARY", "6.21.0")]
)
@pytest.mark.parametrize(("before", "action"), [(None, Action.CREATE), ("ROLLING", Action.UPDATE)])
def test_a_strategy_that_shifts_requests(
    before: str | None, action: Action, after: str, release: str
) -> None:
    words = said(before, after, action)
    assert f"AWS provider {release} or later" in words
    assert "versions.tf and the dependency lock file" in words
    assert "can't be used with provider 5 again" in words
    assert "twice the tasks" in words


def test_from_one_such_strategy_to_another() -> None:
    words = said("BLUE_GREEN", "CANARY")
    assert words == "", "twice the tasks ran before too"


@pytest.mark.parametrize("after", ["ROLLING", None])
def test_back_to_rolling(after: str | None) -> None:
    words = said("BLUE_GREEN", after)
    assert "alternate target group" in words and "requests fail" in words


def test_nothing_is_said_of_a_service_that_goes() -> None:
    assert "target group" not in said("BLUE_GREEN", None, Action.DELETE)


@pytest.mark.parametrize(
    ("name", "action", "told"),
    [
        ("production", Action.REPLACE, True),
        ("production", Action.UPDATE, False),
        ("test", Action.REPLACE, False),
    ],
)
def test_a_new_rule_sends_requests_to_the_first_group(
    name: str, action: Action, told: bool
) -> None:
    kind = "aws_lb_listener_rule"
    change = ResourceChange(f"{kind}.{name}", kind, action, "", ())
    words = " ".join(it.message for it in notices(PlanTree((change,), ())))
    assert ("all requests to the first target group" in words) is told
