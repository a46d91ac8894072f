"""Rules about deployment strategies at their boundaries."""

from __future__ import annotations

from typing import Any

import pytest

from gpuecs_tui.aws.facts import Quota
from gpuecs_tui.checks import Finding, check
from gpuecs_tui.checks.context import context_of
from gpuecs_tui.checks.placement import rollout
from gpuecs_tui.checks.pricing.cost import cost
from gpuecs_tui.checks.rules.releases import NETWORK, PROVIDER, SCALING, STICKINESS, TARGETS
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.provider import Mirrored, lowest_required
from gpuecs_tui.stack.state_facts import StateFacts
from tests.checks.priced import prices
from tests.support.fixes import apply_fix
from tests.support.small_account import ANSWERS, NOW, account, known, of_rule, stack

SHIFTING: dict[str, Value] = {
    "service__deployment_strategy": "blue_green",
    "stack__provider_minimum": "6.4.0",
    "task__network_mode": "awsvpc",
    "service__ignore_changes": ("load_balancer",),
}
APPLIED = ("app", 8000)
BALANCER = stack().names.load_balancer
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b"


def of(rule: str, changes: dict[str, Value], **context: Any) -> list[Finding]:
    return [it for it in check(stack(**changes), account(), now=NOW, **context) if it.rule == rule]


def test_a_rolling_stack_has_no_finding_of_these_rules() -> None:
    found = {
        it.rule for it in check(stack(), account(), now=NOW, mirrored=Mirrored("/m", ("5.100.0",)))
    }
    assert not found & {PROVIDER, NETWORK, SCALING, STICKINESS, TARGETS}


@pytest.mark.parametrize(
    ("strategy", "minimum", "raised"),
    [
        ("rolling", "5.100.0", None),
        ("rolling", "6.21.0", None),
        ("blue_green", "5.100.0", "6.4.0"),
        ("blue_green", "6.4.0", None),
        ("linear", "6.4.0", "6.21.0"),
        ("canary", "5.100.0", "6.21.0"),
        ("canary", "6.21.0", None),
    ],
)
def test_release_provider(strategy: str, minimum: str, raised: str | None) -> None:
    changes: dict[str, Value] = {
        "service__deployment_strategy": strategy,
        "stack__provider_minimum": minimum,
    }
    found = of(PROVIDER, changes, provider="5.100.0")
    assert [it.fix for it in found] == ([(("stack.provider_minimum", raised),)] if raised else [])
    assert all("pinned to 5.100.0" in it.message and "lock file" in it.message for it in found)
    assert all(it.severity == "error" for it in found)


@pytest.mark.parametrize(
    ("changes", "versions", "fix"),
    [
        ({"service__deployment_strategy": "blue_green"}, ("5.100.0",),
         (("service.deployment_strategy", "rolling"), ("stack.provider_minimum", "5.100.0"))),
        ({"service__deployment_strategy": "linear", "stack__provider_minimum": "6.21.0"},
         ("6.20.9", "5.100.0"),
         (("service.deployment_strategy", "rolling"), ("stack.provider_minimum", "5.100.0"))),
        ({"stack__provider_minimum": "6.4.0"}, ("6.3.9",),
         (("stack.provider_minimum", "5.100.0"),)),
        ({"stack__provider_minimum": "6.4.0"}, ("6.4.0",), None),
        ({"stack__provider_minimum": "6.4.0"}, (), None),
    ],
)  # fmt: skip
def test_a_mirror_without_that_provider(
    changes: dict[str, Value], versions: tuple[str, ...], fix: object
) -> None:
    mirror = Mirrored("/opt/mirror", versions)
    found = of(PROVIDER, changes, mirrored=mirror)
    assert [it.fix for it in found] == ([fix] if fix else [])
    if fix:
        (only,) = found
        assert "/opt/mirror has" in only.message and versions[0] in only.message
        answers = {**ANSWERS, **{key.replace("__", "."): it for key, it in changes.items()}}
        fixed = {key.replace(".", "__"): it for key, it in apply_fix(only, answers).items()}
        assert of(PROVIDER, fixed, mirrored=mirror) == []


@pytest.mark.parametrize(
    ("applied", "locked", "key"),
    [
        ("", "", True),
        ("rolling", "5.100.0", True),
        ("rolling", "6.0.0", False),
        ("blue_green", "5.100.0", False),
        ("blue_green", "6.3.0", False),
    ],
)
def test_no_key_leads_back_to_provider_5(applied: str, locked: str, key: bool) -> None:
    """It can't use a state of provider 6, and the key would delete a target group in use."""
    state = StateFacts(strategy=applied, container=APPLIED if applied else None)
    mirror = Mirrored("/opt/mirror", ("5.100.0",))
    (found,) = of(PROVIDER, SHIFTING, mirrored=mirror, provider=locked, state=state)
    assert (found.severity, bool(found.fix)) == ("error", key)
    assert ("to rolling" in found.remedy) is key


def test_a_provider_that_the_mirror_lacks_can_come_from_elsewhere() -> None:
    found_by_search = Mirrored("/opt/mirror", ("5.100.0",), only=False)
    (found,) = of(PROVIDER, SHIFTING, mirrored=found_by_search)
    assert (found.severity, found.fix) == ("warning", None)
    assert "from the registry" in found.message
    # The lock file shows that it is installed.
    for mirror in (found_by_search, Mirrored("/opt/mirror", ("5.100.0",))):
        assert of(PROVIDER, SHIFTING, mirrored=mirror, provider="6.4.0") == []


@pytest.mark.parametrize(
    ("constraints", "lowest"),
    [
        ((), "5.100.0"),
        ((">= 5.100.0, < 7.0.0, != 6.53.0",), "5.100.0"),
        ((">= 6.4.0, < 7.0.0",), "6.4.0"),
        (("~> 6.20.9",), "6.4.0"),
        (("6.62.0", ">= 5.0"), "6.21.0"),
        (("< 6.0",), "5.100.0"),
        (("any",), "5.100.0"),
    ],
)
def test_the_lowest_provider_of_constraints(constraints: tuple[str, ...], lowest: str) -> None:
    assert lowest_required(constraints) == lowest


def test_release_network() -> None:
    strategy: dict[str, Value] = {"service__deployment_strategy": "canary"}
    for mode in ("bridge", "host"):
        (found,) = of(NETWORK, {**strategy, "task__network_mode": mode})
        assert found.fix == (("task.network_mode", "awsvpc"),)
    assert of_rule(NETWORK, **strategy, task__network_mode="awsvpc") == []


def test_release_stickiness() -> None:
    assert of_rule(STICKINESS, load_balancer__stickiness_seconds=3600) == []
    assert of_rule(STICKINESS, **SHIFTING) == []
    (found,) = of(STICKINESS, {**SHIFTING, "load_balancer__stickiness_seconds": 1})
    assert (found.severity, found.fix) == ("error", (("load_balancer.stickiness_seconds", 0),))


def test_release_scaling() -> None:
    by_requests: dict[str, Value] = {
        "autoscaling__enabled": True,
        "autoscaling__requests_per_target": 60,
    }
    assert of_rule(SCALING, **by_requests) == []
    (found,) = of(SCALING, {**SHIFTING, **by_requests})
    assert found.fix == (("autoscaling.requests_per_target", 0),)
    assert of_rule(SCALING, **SHIFTING, autoscaling__enabled=True) == []


@pytest.mark.parametrize(
    ("applied", "ignores", "severity", "fix"),
    [
        ("", True, None, None),
        ("", False, "warning", ("load_balancer",)),
        ("rolling", False, None, None),
        ("rolling", True, "error", ()),
        ("blue_green", True, None, None),
        ("linear", True, None, None),
        ("blue_green", False, "warning", ("load_balancer",)),
    ],
)
def test_release_targets(
    applied: str, ignores: bool, severity: str | None, fix: tuple[str, ...] | None
) -> None:
    changes = {**SHIFTING, "service__ignore_changes": ("load_balancer",) if ignores else ()}
    state = StateFacts(strategy=applied, container=APPLIED if applied else None)
    groups = frozenset({stack(**changes).names.target_group})
    found = of(TARGETS, changes, state=state, owned=groups)
    assert [it.severity.value for it in found] == ([severity] if severity else [])
    assert [it.fix for it in found] == ([] if fix is None else [(("service.ignore_changes", fix),)])


@pytest.mark.parametrize(("ignores", "severity"), [(True, "error"), (False, "warning")])
def test_the_way_back_to_rolling(ignores: bool, severity: str) -> None:
    changes: dict[str, Value] = {"service__ignore_changes": ("load_balancer",) if ignores else ()}
    (found,) = of(TARGETS, changes, state=StateFacts(strategy="blue_green", container=APPLIED))
    assert found.severity == severity
    assert ("alternate target group" in found.message) is not ignores


HTTP, TEST = ("HTTP", 80), "aws_lb_listener.test"
LISTENERS = {"aws_lb_listener.http": HTTP}
HTTPS: dict[str, Value] = {
    "load_balancer__protocol": "HTTPS",
    "load_balancer__certificate_arn": CERTIFICATE,
}


@pytest.mark.parametrize(
    ("more", "tested", "fields"),
    [
        ({}, 0, []),
        ({"task__container_name": "server"}, 0, ["task.container_name"]),
        ({"task__container_port": 9000}, 0, ["task.container_port"]),
        ({"load_balancer__target_port": 8000}, 0, ["names.target_group"]),
        ({"names__load_balancer": "other"}, 0, ["names.load_balancer"]),
        (HTTPS, 0, ["load_balancer.protocol"]),
        ({"service__test_port": 9000}, 0, ["service.test_port"]),
        ({"service__test_port": 9000}, 9000, []),
        ({"service__test_port": 9001}, 9000, []),
        ({}, 9000, ["service.test_port"]),
    ],
)
@pytest.mark.parametrize("ignores", [True, False])
def test_a_change_that_terraform_would_not_send(
    more: dict[str, Value], tested: int, fields: list[str], ignores: bool
) -> None:
    listeners = {**LISTENERS, TEST: ("HTTP", tested)} if tested else LISTENERS
    state = StateFacts(
        strategy="blue_green", container=APPLIED, listeners=listeners, balancer=BALANCER
    )
    owned = frozenset({stack(**SHIFTING).names.target_group})
    ignored = ("load_balancer",) if ignores else ()
    changes = {**SHIFTING, **more, "service__ignore_changes": ignored}
    found = of(TARGETS, changes, state=state, owned=owned)
    replaces = bool(fields) and fields[0].startswith("names.")
    if ignores or replaces:
        assert [(it.severity, it.field) for it in found] == [("error", it) for it in fields]
        assert all(bool(it.fix) is not replaces for it in found)
    else:
        # The key is offered once nothing has to be sent.
        (only,) = found
        assert (only.severity, bool(only.fix)) == ("warning", not fields)
        assert all(it in only.remedy for it in fields)


def test_an_unread_state_leaves_it_open() -> None:
    unread = StateFacts(unread="The state could not be read.", remedy="Run it again.")
    assert [it.severity.value for it in of(TARGETS, SHIFTING, state=unread)] == ["unknown"]
    assert of(TARGETS, {}, state=unread) == []


@pytest.mark.parametrize(
    ("size", "found"), [(1, [("warning", "fleet.max_size")]), (2, []), (3, [])]
)
def test_old_and_new_tasks_need_room_at_once(size: int, found: list[tuple[str, str]]) -> None:
    assert of_rule("rollout-surge", **SHIFTING, fleet__max_size=size) == found


def test_the_default_fleet_has_room_for_twice_the_tasks() -> None:
    assert stack(**SHIFTING, service__desired_count=3).fleet.max_size == 6


@pytest.mark.parametrize(("size", "batch"), [(3, 0), (4, 2), (9, 2)])
def test_a_deployment_starts_all_new_tasks_or_none(size: int, batch: int) -> None:
    context = context_of(
        stack(**SHIFTING, service__desired_count=2, fleet__max_size=size), account()
    )
    assert context.fit is not None
    update = rollout(context.stack, context.fit)
    assert (update.at_least, update.at_most, update.room, update.batch) == (2, 4, size, batch)


def test_the_cost_of_a_deployment_has_all_old_and_new_tasks() -> None:
    changes = {**SHIFTING, "service__desired_count": 3}
    found = cost(context_of(stack(**changes), account(prices=prices()))).sum("rollout")
    assert found is not None and found.instances == 6


@pytest.mark.parametrize(
    ("vcpus", "severity", "remedy"),
    [
        (16, None, ""),
        (15, "warning", "service.deployment_strategy to rolling"),
        (8, "warning", "service.deployment_strategy to rolling"),
        (7, "error", "request an increase"),
    ],
)
def test_the_quota_must_allow_old_and_new_tasks(
    vcpus: int, severity: str | None, remedy: str
) -> None:
    """Two tasks need two g4dn.xlarge with 4 vCPUs each, and four during a deployment."""
    quotas = known((Quota("L-DB2E81BA", "G", "on-demand", vcpus),))
    changes = {**SHIFTING, "service__desired_count": 2}
    found = check(stack(**changes), account(quotas=quotas), now=NOW)
    quota = [it for it in found if it.rule == "quota"]
    assert [it.severity.value for it in quota] == ([severity] if severity else [])
    assert all(remedy in it.remedy for it in quota)
    assert all("fleet.max_size to" not in it.remedy for it in quota)


def test_the_addresses_of_old_and_new_tasks_count() -> None:
    """Each of three subnets has 200 free addresses, for 340 instances and their tasks."""
    sizes: dict[str, Value] = {
        "service__desired_count": 170,
        "fleet__max_size": 340,
        "fleet__instance_type": "g4dn.xlarge",
        "task__network_mode": "awsvpc",
    }
    full: dict[str, Value] = {
        "service__maximum_percent": 100,
        "service__minimum_healthy_percent": 0,
    }
    assert of_rule("free-addresses", **sizes, **full) == []
    assert of_rule("free-addresses", **{**SHIFTING, **sizes})
