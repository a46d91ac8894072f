"""The answers in a registered revision are those of the Terraform that registered it."""

from __future__ import annotations

import json
from typing import Any

from gpuecs_tui.terraform.read.revision_answers import (
    RESTORABLE,
    other_differences,
    restored_answers,
    revision_answers,
)
from tests.support.terraform.written_files import SECRET, made


def registered(**container: Any) -> dict[str, Any]:
    """A task definition as the ECS API returns that of the stack below."""
    return {
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/llm:3",
        "revision": 3,
        "networkMode": "bridge",
        "cpu": "4096",
        "memory": "12288",
        "containerDefinitions": [
            {
                "name": "app",
                "image": "llm:2",
                "cpu": 4096,
                "memory": 12288,
                "essential": True,
                "command": ["serve", "${c}", 'a "b"\n'],
                "environment": [{"name": "A", "value": "%{x} $${y} \\ ☃"}],
                "secrets": [{"name": "T", "valueFrom": SECRET}],
                "portMappings": [{"containerPort": 8000, "hostPort": 0, "protocol": "tcp"}],
                "resourceRequirements": [{"type": "GPU", "value": "1"}],
                "linuxParameters": {"sharedMemorySize": 64, "initProcessEnabled": True},
                "stopTimeout": 90,
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"mode": "non-blocking", "max-buffer-size": "4m"},
                },
                **container,
            }
        ],
    }


def test_every_value_of_a_revision_is_read_as_it_was_decided() -> None:
    stack = made(
        task__image="llm:2",
        task__memory=12288,
        task__command=("serve", "${c}", 'a "b"\n'),
        task__environment={"A": "%{x} $${y} \\ ☃"},
        task__secrets={"T": SECRET},
        task__container_port=8000,
        task__shared_memory_mib=64,
        task__init_process=True,
        task__stop_timeout_seconds=90,
        task__log_buffer_mib=4,
    )
    found = revision_answers(registered(), "app", 8000)
    assert found == {key: stack[key] for key in RESTORABLE}


def test_members_without_a_key_are_named_and_those_of_every_revision_are_not() -> None:
    other = registered(user="1000", image="llm:1")
    other |= {"revision": 2, "cpu": "2048", "volumes": [{"name": "v"}]}
    other["containerDefinitions"].append({"name": "sidecar", "image": "x"})
    assert others(registered(), other) == ("volumes", "app.user", "sidecar.image", "sidecar.name")
    assert restored_answers(registered(), other, "app", 8000) == {
        "task.image": "llm:1",
        "task.cpu": 2048,
    }
    same = json.loads(json.dumps(registered()))
    assert others(registered(), same | {"revision": 9}) == ()


def others(one: dict[str, Any], other: dict[str, Any]) -> tuple[str, ...]:
    return other_differences(one, other, "app", 8000)


def test_parts_of_a_member_that_no_key_restores_are_named() -> None:
    options = {"mode": "non-blocking", "max-buffer-size": "8m", "awslogs-group": "/other"}
    port = {"containerPort": 8000, "hostPort": 80, "protocol": "tcp"}
    older = registered(
        linuxParameters={"sharedMemorySize": 128, "maxSwap": 0},
        logConfiguration={"logDriver": "awslogs", "options": options},
        portMappings=[port, {"containerPort": 9000, "hostPort": 0, "protocol": "tcp"}],
    )
    assert others(registered(), older) == (
        "app.linuxParameters.maxSwap",
        "app.logConfiguration.options.awslogs-group",
        "app.portMappings.9000.containerPort",
        "app.portMappings.9000.hostPort",
        "app.portMappings.9000.protocol",
    )
    # The keys restore all parts with their values.
    del options["awslogs-group"], older["containerDefinitions"][0]["linuxParameters"]["maxSwap"]
    older["containerDefinitions"][0]["portMappings"].pop()
    assert others(registered(), older) == ()


def test_a_value_that_the_older_revision_lacks_and_no_key_unsets_is_named() -> None:
    older = registered(resourceRequirements=[])
    del older["cpu"], older["memory"]
    assert others(registered(), older) == (
        "cpu", "memory", "app.resourceRequirements.type", "app.resourceRequirements.value",
    )  # fmt: skip
    assert others(registered(), registered(command=None, environment=[], stopTimeout=None)) == ()
