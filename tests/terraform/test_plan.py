import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gpuecs_tui.terraform.plan import MASK, UNKNOWN, Action, Attribute, mask, masked, tree
from gpuecs_tui.terraform.plan_words import warnings


def resource(address: str, *actions: str, **change: Any) -> dict[str, Any]:
    body = {"actions": list(actions), "before": None, "after": None, **change}
    return {"address": address, "type": address.split(".")[0], "mode": "managed", "change": body}


def show(*changes: dict[str, Any], **outputs: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "resource_changes": list(changes), "output_changes": outputs}


def test_what_is_destroyed_comes_first() -> None:
    plan = tree(
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
    assert plan.needs_typed_confirmation
    assert [c.address for c in plan.by_action(Action.CREATE)] == ["aws_a.new"]


def test_a_plan_that_only_adds_needs_no_typing() -> None:
    plan = tree(show(resource("aws_a.b", "create"), resource("aws_a.c", "update")))
    assert not plan.needs_typed_confirmation


def test_imports_moves_and_words_of_newer_releases() -> None:
    imported = resource("aws_a.b", "no-op", importing={"id": "x"})
    moved = resource("aws_a.c", "no-op") | {"previous_address": "aws_a.old"}
    newer = resource("aws_a.d", "transmogrify")
    forgotten = resource("aws_a.e", "forget")
    plan = tree(show(imported, moved, newer, forgotten))
    assert {c.address: c.action for c in plan.changes} == {
        "aws_a.b": Action.IMPORT,
        "aws_a.c": Action.NO_OP,
        "aws_a.d": Action.UPDATE,
        "aws_a.e": Action.FORGET,
    }


def test_attributes_old_and_new() -> None:
    plan = tree(
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
        Attribute("name", '"a"', '"b"', forces_replacement=True),
        Attribute("tags.k", '"v"', '"w"'),
        Attribute("ports[1]", None, "443"),
        Attribute("gone", "true", None),
        Attribute("arn", None, UNKNOWN),
    }


def test_json_inside_a_text_is_opened() -> None:
    def containers(image: str) -> str:
        return json.dumps([{"name": "app", "image": image, "memory": 15360}])

    plan = tree(
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
        Attribute("container_definitions[0].image", '"a:1"', '"a:2"'),
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
    plan = tree(show(SECRET))
    assert plan.changes[0].attributes == (Attribute("list[0].open", '"a"', '"b"'),)
    created = resource("aws_x.y", "create", after={"p": "hunter"}, after_sensitive={"p": True})
    assert tree(show(created)).changes[0].attributes == (Attribute("p", None, MASK),)


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
    assert tree(stored).changes == tree(whole).changes
    assert [a.path for a in tree(stored).outputs] == ["shown"]


VALUES = st.recursive(
    st.text("abc", min_size=1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz"), inner, max_size=3),
)


@given(VALUES)
def test_a_wholly_sensitive_value_is_one_mask(value: Any) -> None:
    assert mask(value, True) == MASK
    assert mask(value, False) == value
    assert mask(value, None) == value


def test_a_replaced_service_is_said_in_words() -> None:
    plan = tree(
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
    # A task definition is replaced by every change of its image: no warning.
    assert [w.address for w in told] == ["aws_ecs_service.this", "aws_lb.this", "aws_instance.x"]
    assert told[0].rule == "service-replaced" and told[0].because == ("launch_type",)
    assert "deletes the service and makes a new one" in told[0].message
    assert "deletes the load balancer" in told[1].message
    assert "DNS name changes" in told[1].message
    assert "a new one is made, then the old one is deleted" in told[2].message
