"""What a plan says of running instances if types, shares, version or refresh of a fleet change."""

from __future__ import annotations

from typing import Any

import pytest

from gpuecs_tui.terraform.plan.details import plan_tree
from gpuecs_tui.terraform.plan.notices import notices
from tests.support.terraform.plan_json import resource, show

TYPES = "Only new instances use the new list of types."
SHARES = "If the shares of On-Demand and Spot don't match"
ALL = "An instance refresh replaces all running instances, one after the other."
VERSION = "The new launch template version starts an instance refresh of the fleet."
AMI = "Only new instances use the new AMI. Running instances keep theirs."
ON: dict[str, Any] = {"instance_refresh": [{"strategy": "Rolling", "preferences": []}]}
SKIPS: dict[str, Any] = {"instance_refresh": [{"preferences": [{"skip_matching": True}]}]}


def one(version: str = "$Latest") -> dict[str, Any]:
    return {"launch_template": [{"id": "lt-1", "version": version}], "mixed_instances_policy": []}


def mixed(
    *types: str, base: int = 0, version: str = "$Latest", spot: str = "price-capacity-optimized"
) -> dict[str, Any]:
    shares = {"on_demand_base_capacity": base, "spot_allocation_strategy": spot}
    template = {
        "launch_template_specification": [{"launch_template_id": "lt-1", "version": version}],
        "override": [{"instance_type": it} for it in types],
    }
    policy = {"instances_distribution": [shares], "launch_template": [template]}
    return {"launch_template": [], "mixed_instances_policy": [policy]}


def template(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return resource("aws_launch_template.this", "update", before=before, after=after)


def told(before: dict[str, Any], after: dict[str, Any], *others: dict[str, Any]) -> list[str]:
    group = resource("aws_autoscaling_group.this", "update", before=before, after=after)
    return [it.message for it in notices(plan_tree(show(*others, group)))]


def begins(messages: list[str], *beginnings: str) -> bool:
    return len(messages) == len(beginnings) and all(
        message.startswith(beginning)
        for message, beginning in zip(messages, beginnings, strict=True)
    )


def test_a_policy_that_begins_starts_no_refresh_that_the_group_does_not_have() -> None:
    assert begins(told(one(), mixed("a", "b")), TYPES)
    assert begins(told(one(), mixed(base=1)), SHARES)
    # With one type, the provider decides the empty list of types.
    unknown = {"mixed_instances_policy": [{"launch_template": [{"override": True}]}]}
    group = resource(
        "aws_autoscaling_group.this", "update",
        before=one(), after=mixed(base=1), after_unknown=unknown,
    )  # fmt: skip
    assert begins([it.message for it in notices(plan_tree(show(group)))], SHARES)
    # The version is the same number before and after.
    assert begins(told(one("3"), mixed("a", "b", version="3")), TYPES)
    # A version of an edited configuration, in a group that has no refresh.
    assert told(one("3"), one("4")) == []
    assert told({**one("3"), **ON}, one("4")) == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (mixed("a", version="1"), mixed("a", "b", version="1"), ALL),
        (mixed("a", version="1"), mixed("a", version="1", spot="capacity-optimized"), ALL),
        (mixed("a", version="1"), mixed("a", base=1, version="1"), ALL),
        (one("1"), mixed("a", "b", version="2"), ALL),
        (mixed("a", "b", version="2"), one("3"), ALL),
        (mixed("a", version="1"), mixed("a", version="2"), VERSION),
        (one("1"), one("2"), VERSION),
    ],
)
def test_a_refresh_follows_each_change_of_policy_or_template(
    before: dict[str, Any], after: dict[str, Any], words: str
) -> None:
    image = template({"image_id": "x"}, {"image_id": "y"})
    assert told({**before, **ON}, {**after, **ON}, image) == [words]


def test_a_refresh_begins_with_its_first_version() -> None:
    assert told(mixed("a"), {**mixed("a", version="1"), **ON}) == [ALL]
    # Without a refresh from now on, nothing replaces an instance.
    image = template({"image_id": "x"}, {"image_id": "y"})
    assert told({**mixed("a", version="1"), **ON}, mixed("a"), image) == [AMI]


def test_a_refresh_may_leave_instances_that_match() -> None:
    (found,) = told({**mixed("a"), **SKIPS}, {**mixed("a", "b"), **SKIPS})
    assert "that don't match the new configuration" in found


def test_a_change_of_the_policy_leaves_the_notices_of_the_template() -> None:
    image = template({"image_id": "x"}, {"image_id": "y"})
    assert begins(told(mixed("a"), mixed("a", "b"), image), AMI, TYPES)


def test_type_and_market_are_told_once_if_a_policy_begins_or_ends() -> None:
    spot = [{"market_type": "spot"}]
    alone = {"instance_type": "a", "instance_market_options": spot}
    several: dict[str, Any] = {"instance_type": None, "instance_market_options": []}
    found = told(one(), mixed("a", "b", base=1), template(alone, several))
    assert len(found) == 1 and found[0].startswith(TYPES) and SHARES in found[0]
    found = told(mixed("a", "b", base=1), one(), template(several, alone))
    assert begins(found, "The market changes only", "Only new instances use the new instance type")
