from __future__ import annotations

import pytest

from gpuecs_tui.stack.fields import Value
from tests.support.fixes import apply_fix
from tests.support.small_account import ANSWERS, account, findings, of_rule

CHECK: dict[str, Value] = {"container_health__command": ("CMD", "true")}
SHARED: dict[str, Value] = {
    "fleet__instance_type": "g4dn.12xlarge",
    "service__distinct_instances": False,
}


def told(rule: str, **changes: Value) -> list[str]:
    given = {key.replace("__", "."): value for key, value in changes.items()}
    return [it.message for it in findings(account(), {**ANSWERS, **given}) if it.rule == rule]


def fixed(rule: str, **changes: Value) -> None:
    """Apply the fixes of the rule's findings one after the other, until it finds nothing."""
    answers = {**ANSWERS, **{key.replace("__", "."): value for key, value in changes.items()}}
    while found := [it for it in findings(account(), answers) if it.rule == rule and it.fix]:
        answers = apply_fix(found[0], answers)
    assert not [it for it in findings(account(), answers) if it.rule == rule]


@pytest.mark.parametrize(
    ("mode", "size", "expected"),
    [
        ("default", 0, []),
        ("default", 1024, []),
        ("task", 0, []),
        ("task", 1, [("warning", "task.shared_memory_mib")]),
        ("host", 0, [("warning", "task.ipc_mode")]),
        ("host", 1, [("warning", "task.ipc_mode"), ("warning", "task.shared_memory_mib")]),
        ("none", 0, [("warning", "task.ipc_mode")]),
        ("none", 1, [("warning", "task.ipc_mode"), ("warning", "task.shared_memory_mib")]),
    ],
)
def test_ipc_mode(mode: str, size: int, expected: list[tuple[str, str]]) -> None:
    changes: dict[str, Value] = {"task__ipc_mode": mode, "task__shared_memory_mib": size}
    assert of_rule("ipc-mode", **changes) == expected
    if mode != "task":
        fixed("ipc-mode", **changes)


def test_tasks_that_share_the_memory_of_an_instance_are_counted() -> None:
    (alone,) = told("ipc-mode", task__ipc_mode="host")
    assert "share an instance" not in alone
    (several,) = told("ipc-mode", task__ipc_mode="host", **SHARED)
    assert several.endswith("4 tasks share an instance.")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        (CHECK, []),
        # Without a check, the times have no effect.
        ({"service__health_check_grace_seconds": 0}, []),
        # The timeout: up to the interval.
        ({**CHECK, "container_health__timeout_seconds": 30}, []),
        (
            {**CHECK, "container_health__timeout_seconds": 31},
            [("warning", "container_health.timeout_seconds")],
        ),
        # Either the grace period or the check itself lasts as long as loading.
        ({**CHECK, "service__health_check_grace_seconds": 120}, []),
        (
            {**CHECK, "service__health_check_grace_seconds": 119},
            [("warning", "service.health_check_grace_seconds")],
        ),
        (
            {
                **CHECK,
                "service__health_check_grace_seconds": 0,
                "container_health__start_period_seconds": 30,
            },
            [],
        ),
        (
            {
                **CHECK,
                "service__health_check_grace_seconds": 0,
                "container_health__start_period_seconds": 29,
            },
            [("warning", "service.health_check_grace_seconds")],
        ),
    ],
)
def test_container_health(changes: dict[str, Value], expected: list[tuple[str, str]]) -> None:
    assert of_rule("container-health", **changes) == expected
    fixed("container-health", **changes)


@pytest.mark.parametrize(
    ("ami", "restart", "bad"),
    [
        ("al2023", True, False),
        ("bottlerocket", True, False),
        ("ami-0123456789abcdef0", False, False),
        ("ami-0123456789abcdef0", True, True),
    ],
)
def test_restart_policy(ami: str, restart: bool, bad: bool) -> None:
    found = of_rule("restart-policy", fleet__ami=ami, container__restart=restart)
    assert found == ([("unknown", "container.restart")] if bad else [])


@pytest.mark.parametrize(
    ("locked", "shell", "expected"),
    [
        (False, True, []),
        (True, False, ["unknown"]),
        (True, True, ["error", "unknown"]),
    ],
)
def test_read_only_root(locked: bool, shell: bool, expected: list[str]) -> None:
    found = of_rule(
        "read-only-root", container__read_only_root=locked, service__execute_command=shell
    )
    assert found == [(it, "container.read_only_root") for it in expected]
