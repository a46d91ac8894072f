"""The answers in a registered revision are those of the Terraform that registered it."""

from __future__ import annotations

import json
from typing import Any

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.relevance import is_relevant, relevant
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
    wanted = relevant(stack.flat())
    assert found == {key: wanted[key] for key in RESTORABLE if key in wanted}


OPTIONS: dict[str, Value] = {
    "task.ipc_mode": "task",
    "container.registry_secret_arn": SECRET,
    "container.entry_point": ("python", "-m"),
    "container.working_directory": "/srv",
    "container.user": "1000",
    "container.ulimits": {"nofile": "1024:65536", "memlock": "-1:-1"},
    "container.labels": {"com.example.team": "ml", "a": ""},
    "container.read_only_root": True,
    "container.restart": True,
    "container.restart_period_seconds": 60,
    "container.restart_ignored_exit_codes": ("0", "143"),
    "container_health.command": ("CMD-SHELL", "true"),
    "container_health.interval_seconds": 10,
    "container_health.timeout_seconds": 3,
    "container_health.retries": 2,
    "container_health.start_period_seconds": 300,
}


def test_the_options_of_a_container_are_restored_and_taken_away() -> None:
    plain = registered()
    full = registered(
        repositoryCredentials={"credentialsParameter": SECRET},
        entryPoint=["python", "-m"],
        workingDirectory="/srv",
        user="1000",
        ulimits=[
            {"name": "nofile", "softLimit": 1024, "hardLimit": 65536},
            {"name": "memlock", "softLimit": -1, "hardLimit": -1},
        ],
        dockerLabels={"com.example.team": "ml", "a": ""},
        readonlyRootFilesystem=True,
        restartPolicy={"enabled": True, "ignoredExitCodes": [0, 143], "restartAttemptPeriod": 60},
        healthCheck={
            "command": ["CMD-SHELL", "true"],
            "interval": 10,
            "timeout": 3,
            "retries": 2,
            "startPeriod": 300,
        },
    ) | {"ipcMode": "task"}
    assert restored_answers(plain, full, "app", 8000) == OPTIONS
    assert others(plain, full) == others(full, plain) == ()
    # The other keys have no effect without these two.
    without = {key: it for key, it in OPTIONS.items() if is_relevant(key, {})}
    assert restored_answers(full, plain, "app", 8000) == {key: KEYS[key].unset for key in without}


def test_members_without_a_key_are_named_and_those_of_every_revision_are_not() -> None:
    other = registered(privileged=True, image="llm:1")
    other |= {"revision": 2, "cpu": "2048", "volumes": [{"name": "v"}]}
    other["containerDefinitions"].append({"name": "sidecar", "image": "x"})
    assert others(registered(), other) == (
        "volumes",
        "app.privileged",
        "sidecar.image",
        "sidecar.name",
    )
    assert restored_answers(registered(), other, "app", 8000) == {
        "task.image": "llm:1",
        "task.cpu": 2048,
    }
    same = json.loads(json.dumps(registered()))
    assert others(registered(), same | {"revision": 9}) == ()


WITH_SIDECAR: dict[str, Value] = {
    "task.container_memory": 12032,
    "sidecars.images": {"m": "m:1"},
    "sidecars.memory_mib": {"m": "256"},
    "sidecars.essential": ("m",),
    "sidecars.depends_on": {"app": "m:START"},
    "sidecars.environment": {"m.A": "1"},
    "sidecars.ports": {"m": "9400"},
}


def with_sidecar(**more: Any) -> dict[str, Any]:
    """The revision with a further container, as the ECS API returns it."""
    wait = [{"containerName": "m", "condition": "START"}]
    found = registered(memory=12032, dependsOn=wait)
    (container,) = found["containerDefinitions"]
    sidecar = {
        "name": "m",
        "image": "m:1",
        "cpu": 0,
        "memory": 256,
        "essential": True,
        "portMappings": [{"containerPort": 9400, "hostPort": 0, "protocol": "tcp"}],
        "environment": [{"name": "A", "value": "1"}],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
        "logConfiguration": container["logConfiguration"],
        **more,
    }
    return found | {"containerDefinitions": [container, sidecar]}


def test_further_containers_are_restored_with_the_sizes_that_they_leave() -> None:
    alone, beside = registered(), with_sidecar()
    assert restored_answers(alone, beside, "app", 8000) == WITH_SIDECAR
    gone = {key: KEYS[key].unset for key in WITH_SIDECAR} | {"task.container_memory": 12288}
    assert restored_answers(beside, alone, "app", 8000) == gone
    assert others(alone, beside) == others(beside, alone) == ()
    # Without all of its parts, neither the container nor the sizes are restored.
    unread = with_sidecar(user="1000")
    assert restored_answers(alone, unread, "app", 8000) == {}
    assert "m.user" in others(alone, unread) and "app.memory" in others(alone, unread)


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
