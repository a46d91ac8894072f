"""Which changes of a plan follow from the values of a command."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gpuecs_tui.commands.change.expected import other_changes
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.plan.details import plan_tree

TASKS: dict[str, Value] = {"service.desired_count": 3}
IMAGE: dict[str, Value] = {"task.image": "llm:2"}
DEFINITION = "aws_ecs_task_definition.this"
SERVICE = "aws_ecs_service.this"


def others(
    values: dict[str, Value],
    address: str,
    before: dict[str, Any],
    after: dict[str, Any],
    unknown: dict[str, Any] | None = None,
) -> list[str] | None:
    change = {
        "actions": ["update"], "before": before, "after": after, "after_unknown": unknown or {},
    }  # fmt: skip
    kind = address.partition(".")[0]
    tree = {"resource_changes": [{"address": address, "type": kind, "change": change}]}
    return other_changes(plan_tree(tree), values, "server")


def image(name: str, image: str) -> dict[str, Any]:
    return {"name": name, "image": image}


def revision(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"container_definitions": json.dumps(containers), **more}


def test_an_unknown_value_is_expected_only_of_what_a_new_revision_computes() -> None:
    template = "aws_launch_template.this"
    assert others(TASKS, template, {"image_id": "ami-1"}, {}, {"image_id": True}) == [template]
    old, new = revision(image("server", "llm:1")), revision(image("server", "llm:2"))
    computed = {"arn": True, "revision": True}
    old |= {"arn": "llm:1", "revision": 1}
    assert others(IMAGE, DEFINITION, old, new, computed) == []
    role = {"execution_role_arn": "r"}
    assert others(IMAGE, DEFINITION, old | role, new, {"execution_role_arn": True}) == [DEFINITION]
    deployed = {"task_definition": "llm:1"}
    assert others(IMAGE, SERVICE, deployed, {}, {"task_definition": True}) == []
    assert others(TASKS, SERVICE, deployed, {}, {"task_definition": True}) == [SERVICE]


def test_the_tags_of_a_new_revision_are_expected_unless_they_change() -> None:
    old, new = revision(image("server", "llm:1")), revision(image("server", "llm:2"))
    old |= {"tags": {"team": "ml"}, "tags_all": {"team": "ml"}}
    new |= {"tags": {"team": "ml"}}
    assert others(IMAGE, DEFINITION, old, new, {"tags_all": True}) == []
    new |= {"tags": {"team": "web"}}
    assert others(IMAGE, DEFINITION, old, new, {"tags_all": True}) == [DEFINITION]


@pytest.mark.parametrize(
    ("address", "attribute", "after", "is_other"),
    [
        (SERVICE, "desired_count", 3, False),
        (SERVICE, "desired_count", 4, True),
        ("aws_ecs_service.second", "desired_count", 3, True),
        ("aws_autoscaling_group.this", "max_size", 6, True),
    ],
)
def test_only_the_named_value_at_its_address_is_expected(
    address: str, attribute: str, after: int, is_other: bool
) -> None:
    found = others(TASKS, address, {attribute: 2}, {attribute: after})
    assert found == ([address] if is_other else [])


def test_a_maximum_size_is_expected_only_with_its_announced_value() -> None:
    group = "aws_autoscaling_group.this"
    values = {**TASKS, "fleet.max_size": 6}
    assert others(values, group, {"max_size": 2}, {"max_size": 6}) == []
    assert others(values, group, {"max_size": 2}, {"max_size": 40}) == [group]


def test_only_the_image_of_the_serving_container_is_expected() -> None:
    one, two = image("proxy", "p:1"), image("server", "llm:1")
    served, wrong, beside = image("server", "llm:2"), image("server", "x:1"), image("proxy", "p:2")
    assert others(IMAGE, DEFINITION, revision(one, two), revision(one, served)) == []
    for after in (revision(one, wrong), revision(beside, served), revision(served, two)):
        assert others(IMAGE, DEFINITION, revision(one, two), after) == [DEFINITION]
    second = "aws_ecs_task_definition.second"
    assert others(IMAGE, second, revision(two), revision(served)) == [second]


def test_values_of_a_revision_are_expected_in_the_forms_of_the_task_definition() -> None:
    before = {
        "name": "server",
        "environment": [{"name": "MODE", "value": "new"}],
        "linuxParameters": {"sharedMemorySize": 64},
        "logConfiguration": {"options": {"mode": "non-blocking", "max-buffer-size": "4m"}},
        "resourceRequirements": [{"type": "GPU", "value": "1"}],
    }
    after = {
        "name": "server",
        "environment": [{"name": "A", "value": "b"}],
        "logConfiguration": {"options": {}},
        "resourceRequirements": [{"type": "GPU", "value": "2"}],
    }
    values: dict[str, Value] = {
        "task.environment": {"A": "b"},
        "task.shared_memory_mib": 0,
        "task.log_buffer_mib": 0,
        "task.gpus": 2,
        "task.cpu": 2048,
    }
    one, two = revision(before, cpu="4096"), revision(after, cpu="2048")
    assert others(values, DEFINITION, one, two) == []
    for key in values:
        fewer = {name: it for name, it in values.items() if name != key}
        assert others(fewer, DEFINITION, one, two) == [DEFINITION], key


def test_options_of_the_container_are_expected_when_they_are_set_and_when_they_go() -> None:
    full = {
        "name": "server",
        "ulimits": [{"name": "memlock", "softLimit": -1, "hardLimit": 65536}],
        "dockerLabels": {"team": "ml"},
        "healthCheck": {"command": ["CMD", "true"], "interval": 30, "retries": 3},
        "restartPolicy": {"enabled": True, "ignoredExitCodes": [0, 143]},
    }
    one, two = revision({"name": "server"}), revision(full, ipc_mode="task")
    values: dict[str, Value] = {
        "task.ipc_mode": "task",
        "container.ulimits": {"memlock": "-1:65536"},
        "container.labels": {"team": "ml"},
        "container.restart": True,
        "container.restart_ignored_exit_codes": ("0", "143"),
        "container_health.command": ("CMD", "true"),
        "container_health.interval_seconds": 30,
        "container_health.retries": 3,
    }
    assert others(values, DEFINITION, one, two) == []
    for key in values:
        fewer = {name: it for name, it in values.items() if name != key}
        assert others(fewer, DEFINITION, one, two) == [DEFINITION], key
    gone: dict[str, Value] = {
        "task.ipc_mode": "default",
        "container.ulimits": {},
        "container.labels": {},
        "container.restart": False,
        "container_health.command": (),
    }
    assert others(gone, DEFINITION, two, one) == []
    for key in gone:
        fewer = {name: it for name, it in gone.items() if name != key}
        assert others(fewer, DEFINITION, two, one) == [DEFINITION], key


def sized(name: str, mib: int, **more: Any) -> dict[str, Any]:
    return {"name": name, "image": f"{name}:1", "memory": mib, "essential": False, **more}


def test_further_containers_are_expected_exactly_as_the_values_say() -> None:
    waits = {"dependsOn": [{"containerName": "m", "condition": "START"}]}
    alone, beside = [sized("server", 512)], [sized("server", 256, **waits), sized("m", 256)]
    one, two = revision(*alone), revision(*beside)
    come: dict[str, Value] = {
        "task.container_memory": 256,
        "sidecars.images": {"m": "m:1"},
        "sidecars.memory_mib": {"m": "256"},
        "sidecars.depends_on": {"server": "m:START"},
    }
    gone: dict[str, Value] = {
        "task.container_memory": 512,
        "sidecars.images": {},
        "sidecars.memory_mib": {},
        "sidecars.depends_on": {},
    }
    assert others(come, DEFINITION, one, two) == others(gone, DEFINITION, two, one) == []
    for key in come:
        for values, before, after in ((come, one, two), (gone, two, one)):
            fewer = {name: it for name, it in values.items() if name != key}
            assert others(fewer, DEFINITION, before, after) == [DEFINITION], key
    # Another value, a further container, and a part that no key has.
    for more in ([sized("m", 255)], [sized("m", 256), sized("n", 8)], [sized("m", 256, user="1")]):
        assert others(come, DEFINITION, one, revision(beside[0], *more)) == [DEFINITION]
    # All containers have the log configuration of the service's.
    log = {"logConfiguration": {"options": {"mode": "non-blocking", "max-buffer-size": "4m"}}}
    logged = revision(*({**it, **log} for it in beside))
    assert others({"task.log_buffer_mib": 4}, DEFINITION, two, logged) == []
    assert others(TASKS, DEFINITION, two, logged) == [DEFINITION]
