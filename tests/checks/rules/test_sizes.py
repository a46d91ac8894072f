"""Limits that AWS checks only during an apply."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gpuecs_tui.aws.facts import GROUPS_QUOTA, AccountFacts
from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.checks.finding import Finding
from gpuecs_tui.checks.rules.sizes import _secrets_policy
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.small_account import ACCOUNT, account, findings, known, of_rule, stack

BALANCER, INSTANCES = (
    "network.load_balancer_security_group_ids",
    "network.instance_security_group_ids",
)


def told(rule: str, facts: AccountFacts | None = None, /, **changes: Value) -> list[Finding]:
    return [it for it in findings(facts or account(), **changes) if it.rule == rule]


def test_task_size() -> None:
    for character, size in (("x", 1), ("é", 2), ("\n", 2)):
        fits, much = 50_000 // size, 67_000 // size
        assert of_rule("task-size", task__environment={"PROMPT": character * fits}) == []
        (found,) = told("task-size", task__environment={"PROMPT": character * much})
        assert (found.severity, found.field) == ("error", "task.environment")
        assert "65536" in found.message and found.remedy
    many = {f"TOKEN_{place}": secret(place) for place in range(700)}
    assert of_rule("task-size", task__secrets=many) == [("error", "task.secrets")]
    # ECS may add members that were not sent.
    near = {"PROMPT": "x" * 64_200}
    assert of_rule("task-size", task__environment=near) == [("unknown", "task.environment")]


def secret(place: int) -> str:
    return f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:team/model-{place:04}-AbCdEf"


def test_policy_size() -> None:
    def found(secrets: dict[str, str], **more: Value) -> list[tuple[str, str]]:
        return of_rule("policy-size", task__secrets=secrets, **more)

    many = {f"T{place}": secret(place) for place in range(90)}
    assert found(dict(list(many.items())[:50])) == []
    assert found(many) == [("error", "task.secrets")]
    assert found(many, task__execution_role_arn=f"arn:aws:iam::{ACCOUNT}:role/own") == []
    # Many keys of one secret are one ARN; the name of a parameter becomes an ARN.
    assert found({f"T{place}": f"{secret(1)}:key-{place}::" for place in range(200)}) == []
    assert found({f"T{place}": f"/m/{place}" for place in range(120)}) == [
        ("error", "task.secrets")
    ]


def test_the_policy_that_is_measured_is_the_one_that_is_written() -> None:
    secrets = {"A": f"{secret(1)}:key::", "B": secret(2), "C": "/llm/token", "D": "other"}
    wanted = stack(task__secrets=secrets, container__registry_secret_arn=secret(3))
    written = load_configuration(render(wanted)).blocks["data.aws_iam_policy_document.secrets"][1]
    actions = [
        json.dumps(it.body.attributes["actions"].value.items[0].value)  # type: ignore[union-attr]
        for it in written.body.named("statement")
    ]
    statements = _secrets_policy(wanted)["Statement"]
    assert [json.dumps(it["Action"]) for it in statements] == actions
    assert statements[0]["Resource"] == [secret(1), secret(2), secret(3)]
    assert statements[2]["Resource"] == [
        f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/{name}" for name in ("llm/token", "other")
    ]


def groups(key: str, count: int, quota: int | None = None, **more: Value) -> list[Finding]:
    quotas: dict[str, Reading[int]] = {} if quota is None else {GROUPS_QUOTA: known(quota)}
    facts = account(lookups=replace(account().lookups, quotas=quotas))
    ids = tuple(f"sg-{place:017x}" for place in range(count))
    given: dict[str, Value] = {key.replace(".", "__"): ids, **more}
    return told("group-limit", facts, **given)


@pytest.mark.parametrize("key", [BALANCER, INSTANCES])
def test_group_limit(key: str) -> None:
    assert groups(key, 5) == []
    (found,) = groups(key, 6)
    assert (found.severity, found.field) == ("warning", key)
    assert "Could not read the account's quota: " in found.message
    (found,) = groups(key, 7, quota=5)
    assert (found.severity, GROUPS_QUOTA in found.remedy) == ("error", True)
    assert groups(key, 7, quota=8) == []
    (found,) = groups(key, 17)
    assert found.severity == "error" and "16" in found.remedy
    # The limit for the groups of a service can't be raised.
    found_in_awsvpc = groups(key, 7, quota=8, task__network_mode="awsvpc")
    assert [it.severity for it in found_in_awsvpc] == (["error"] if key == INSTANCES else [])
