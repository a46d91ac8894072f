import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuecs_tui.terraform.base.atomic_files import read_json, replace_json
from gpuecs_tui.terraform.plan.details import (
    UNKNOWN,
    Action,
    ChangedAttribute,
    plan_tree,
    wait_for_plan,
)
from gpuecs_tui.terraform.plan.mask import MASK, mask, masked
from gpuecs_tui.terraform.plan.words import needs_name, warnings
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform.plan_json import resource, show
from tests.support.terraform.run_folders import DETAILS, stage


def test_what_is_destroyed_comes_first() -> None:
    plan = plan_tree(
        show(
            resource("aws_a.new", "create", after={"x": 1}),
            resource("aws_b.same", "no-op"),
            resource("aws_c.gone", "delete", before={"x": 1}),
            resource("aws_d.other", "update", before={"x": 1}, after={"x": 2}),
            resource("aws_e.again", "delete", "create", before={"x": 1}, after={"x": 2}),
            resource("data.aws_f.look", "read", after={}),
        )
    )
    assert [(c.address, c.action) for c in plan.changes] == [
        ("aws_e.again", Action.REPLACE),
        ("aws_c.gone", Action.DELETE),
        ("aws_d.other", Action.UPDATE),
        ("aws_a.new", Action.CREATE),
        ("data.aws_f.look", Action.READ),
    ]
    assert [c.address for c in plan.by_action(Action.CREATE)] == ["aws_a.new"]


@pytest.mark.parametrize(
    ("operation", "changed", "asks"),
    [
        ("apply", [resource("aws_a.b", "create"), resource("aws_a.c", "update")], False),
        ("apply", [resource("aws_ecs_task_definition.this", "delete", "create")], False),
        ("apply", [resource("aws_ecs_task_definition.this", "delete")], True),
        ("apply", [resource("terraform_data.port_handover", "delete")], False),
        # One of the user's may run a provisioner when it is destroyed.
        ("apply", [resource("terraform_data.database", "delete", "create")], True),
        ("apply", [resource("module.a.terraform_data.fleet_ties", "delete")], True),
        ("apply", [resource("aws_sqs_queue.of_a_colleague", "delete")], True),
        ("apply", [resource("aws_lb.this", "create", "delete")], True),
        # A destroy is always about the whole stack, even a small one.
        ("destroy", [resource("aws_iam_role_policy_attachment.this", "delete")], True),
    ],
)
def test_the_name_is_asked_for_a_destroy_and_what_users_notice(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    changed: list[dict[str, Any]],
    asks: bool,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run = stage(tmp_path / "stack", RunStatus.PLANNED, operation=operation, changes=(0, 0, 1))
    assert needs_name(run, plan_tree(show(*changed))) is asks
    # Before the details are known, every deletion counts.
    assert needs_name(run, None)


def test_imports_moves_and_words_of_newer_releases() -> None:
    imported = resource("aws_a.b", "no-op", importing={"id": "x"})
    moved = resource("aws_a.c", "no-op") | {"previous_address": "aws_a.old"}
    newer = resource("aws_a.d", "transmogrify")
    forgotten = resource("aws_a.e", "forget")
    plan = plan_tree(show(imported, moved, newer, forgotten))
    assert {c.address: c.action for c in plan.changes} == {
        "aws_a.b": Action.IMPORT,
        "aws_a.c": Action.NO_OP,
        "aws_a.d": Action.UPDATE,
        "aws_a.e": Action.FORGET,
    }


def test_attributes_old_and_new() -> None:
    plan = plan_tree(
        show(
            resource(
                "aws_lb.this",
                "delete",
                "create",
                before={"name": "a", "tags": {"k": "v"}, "ports": [80], "same": 1, "gone": True},
                after={"name": "b", "tags": {"k": "w"}, "ports": [80, 443], "same": 1},
                after_unknown={"arn": True, "ports": [False, False]},
                replace_paths=[["name"]],
            )
            | {"action_reason": "replace_because_cannot_update"}
        )
    )
    (change,) = plan.changes
    assert change.reason == "replace_because_cannot_update"
    assert set(change.attributes) == {
        ChangedAttribute("name", '"a"', '"b"', forces_replacement=True),
        ChangedAttribute("tags.k", '"v"', '"w"'),
        ChangedAttribute("ports[1]", None, "443"),
        ChangedAttribute("gone", "true", None),
        ChangedAttribute("arn", None, UNKNOWN),
    }


def test_json_inside_a_text_is_opened() -> None:
    def containers(image: str) -> str:
        return json.dumps([{"name": "app", "image": image, "memory": 15360}])

    plan = plan_tree(
        show(
            resource(
                "aws_ecs_task_definition.this",
                "update",
                before={"container_definitions": containers("a:1")},
                after={"container_definitions": containers("a:2")},
            )
        )
    )
    assert plan.changes[0].attributes == (
        ChangedAttribute("container_definitions[0].image", '"a:1"', '"a:2"'),
    )


SECRET = resource(
    "aws_x.y",
    "update",
    before={"password": "hunter1", "list": [{"key": "hunter2", "open": "a"}], "name": "n"},
    after={"password": "hunter3", "list": [{"key": "hunter4", "open": "b"}], "name": "n"},
    before_sensitive={"password": True, "list": [{"key": True}]},
    after_sensitive={"password": True, "list": [{"key": True}]},
)


def test_sensitive_values_are_never_shown() -> None:
    plan = plan_tree(show(SECRET))
    assert plan.changes[0].attributes == (ChangedAttribute("list[0].open", '"a"', '"b"'),)
    created = resource("aws_x.y", "create", after={"p": "hunter"}, after_sensitive={"p": True})
    assert plan_tree(show(created)).changes[0].attributes == (ChangedAttribute("p", None, MASK),)


def test_what_is_stored_holds_no_secret_and_says_the_same() -> None:
    output = {"actions": ["update"], "before": "hunter5", "after": "hunter6"}
    whole = show(
        SECRET,
        hidden=output | {"before_sensitive": False, "after_sensitive": True},
        shown=output | {"after": "open", "before": "was"},
    ) | {
        "planned_values": {"a": "hunter7"},
        "prior_state": {"a": "hunter8"},
        "variables": {"v": {"value": "hunter9"}},
        "configuration": {"a": "hunter0"},
    }
    stored = masked(whole)
    assert "hunter" not in json.dumps(stored)
    assert plan_tree(stored).changes == plan_tree(whole).changes
    assert plan_tree(stored).outputs == (
        ChangedAttribute("hidden", MASK, MASK),
        ChangedAttribute("shown", '"was"', '"open"'),
    )


VALUES = st.recursive(
    st.text("abc", min_size=1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz"), inner, max_size=3),
)


@given(VALUES)
def test_a_wholly_sensitive_value_is_one_mask(value: Any) -> None:
    assert mask(value, True) == MASK
    assert mask(value, False) == value
    assert mask(value, None) == value


SECRETS = st.builds("hunter-{}".format, st.integers(0, 2))
"""Values of which at least one side is marked; there are few, so that both sides are often
equal."""
OPEN = st.sampled_from(["open", "shut"])
PLACES = st.recursive(
    st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner),
)
"""Return the shape of a value; true where one side or both mark it."""


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """Return a change whose sides have one shape, with each secret marked on one side or on
    both."""

    def side(place: Any, ours: bool) -> tuple[Any, Any]:
        if isinstance(place, dict):
            parts = {key: side(it, ours) for key, it in place.items()}
            value = {key: value for key, (value, _mark) in parts.items()}
            return value, {key: mark for key, (_value, mark) in parts.items() if mark}
        if isinstance(place, list):
            parts_ = [side(it, ours) for it in place]
            return [value for value, _mark in parts_], [mark for _value, mark in parts_]
        if not place:
            return draw(OPEN), False
        return draw(SECRETS), ours

    place = draw(PLACES)
    marked = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
    before, before_marks = side(place, marked[0])
    after, after_marks = side(place, marked[1])
    return {
        "actions": ["update"],
        **{"before": before, "before_sensitive": before_marks},
        **{"after": after, "after_sensitive": after_marks},
    }


@given(changes(), changes())
def test_what_either_side_marks_is_masked_on_both(one: dict[str, Any], two: dict[str, Any]) -> None:
    whole = show(resource("aws_x.y", "update") | {"change": one}, output=two)
    assert "hunter" not in json.dumps(masked(whole))
    plan = plan_tree(whole)
    assert "hunter" not in str(plan)
    assert plan_tree(masked(whole)) == plan


def test_a_secret_that_moves_in_its_list_is_masked_where_it_goes() -> None:
    def update(before: Any, after: Any, marks: Any, after_marks: Any) -> Any:
        return resource(
            "aws_x.y",
            "update",
            **{"before": {"a": before}, "after": {"a": after}},
            **{"before_sensitive": {"a": marks}, "after_sensitive": {"a": after_marks}},
        )

    for change in (
        update(["open", "hunter"], ["hunter"], [False, True], [False]),
        update(["hunter"], ["new", "hunter"], [True], False),
        update([{"p": "hunter"}], {"p": "hunter"}, [{"p": True}], {"q": True}),
        update({"p": ["hunter"]}, {"p": ["hunter", "x"]}, {"p": [True]}, {"p": [True, False]}),
        update("hunter", ["hunter"], True, False),
    ):
        assert "hunter" not in json.dumps(masked(show(change)))
        assert "hunter" not in str(plan_tree(show(change)))


def test_what_is_created_shows_all_that_is_not_marked() -> None:
    items = [{"value": "open"}, {"value": "hunter"}]
    marks = {"items": [{}, {"value": True}]}
    created = resource("aws_x.y", "create", after={"items": items}, after_sensitive=marks)
    assert plan_tree(show(created)).changes[0].attributes == (
        ChangedAttribute("items[0].value", None, '"open"'),
        ChangedAttribute("items[1].value", None, MASK),
    )


def test_a_replaced_service_is_said_in_words() -> None:
    plan = plan_tree(
        show(
            resource("aws_lb.this", "delete", before={"name": "a"}),
            resource("aws_ecs_task_definition.this", "delete", "create"),
            resource("aws_instance.x", "create", "delete"),
            resource(
                "aws_ecs_service.this",
                "delete",
                "create",
                before={"launch_type": "EC2"},
                after={"launch_type": None},
                replace_paths=[["launch_type"]],
            ),
        )
    )
    told = warnings(plan)
    # Every change of the image replaces the task definition, so there is no warning.
    assert [w.address for w in told] == ["aws_ecs_service.this", "aws_lb.this", "aws_instance.x"]
    assert told[0].rule == "service-replaced" and told[0].because == ("launch_type",)
    assert (
        "replaces the service: the old one is destroyed, then a new one is created"
        in told[0].message
    )
    assert "destroys the load balancer" in told[1].message
    assert "DNS name is lost" in told[1].message
    assert "the new one is created, then the old one is destroyed" in told[2].message


@pytest.mark.parametrize(
    ("counts", "read"),
    [
        ({"add": 3, "existing": 0}, False),
        ({"add": 3, "existing": 1}, True),
        ({"add": 3}, True),
        # Without changes, the details tell which value of the files is ignored.
        ({"add": 0, "existing": 0}, True),
        ({"add": 3, "imported": 1, "existing": 0}, True),
    ],
)
def test_a_plan_that_affects_no_resource_is_not_waited_for(
    tmp_path: Path, counts: dict[str, int], read: bool
) -> None:
    """A record of an earlier version doesn't tell how many resources the state had."""
    run = stage(tmp_path, RunStatus.PLANNED, details=DETAILS)
    record = read_json(run.files.state) or {}
    record["values"]["changes"] = counts
    replace_json(run.files.state, record)
    assert (wait_for_plan(run, 0, only_if_it_affects=True) is not None) is read
    assert wait_for_plan(run, 0) is not None
