from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from gpuecs_tui.aws.facts import GpuInstance, Quota
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.checks import check
from gpuecs_tui.checks.rules.timing import timing
from gpuecs_tui.stack.fields import Value
from tests.support.fixes import apply_fix
from tests.support.small_account import ANSWERS, NOW, account, findings, known, of_rule, stack

DENIED = Unknown("x:Y", "not allowed to call x:Y", "")


@pytest.mark.parametrize(
    ("changes", "bad"),
    [
        ({"task__host_port": 80, "service__desired_count": 2, "fleet__max_size": 2}, False),
        ({"task__host_port": 80, "service__desired_count": 3, "fleet__max_size": 2}, True),
        ({"task__network_mode": "host", "service__desired_count": 3, "fleet__max_size": 2}, True),
        ({"task__host_port": 0, "service__desired_count": 3, "fleet__max_size": 2}, False),
    ],
)
def test_static_port(changes: dict[str, Value], bad: bool) -> None:
    assert of_rule("static-port", **changes) == ([("error", "fleet.max_size")] if bad else [])


BESIDE: dict[str, Value] = {
    "sidecars__images": {"metrics": "m:1"},
    "sidecars__memory_mib": {"metrics": "256"},
}


@pytest.mark.parametrize(("port", "bad"), [("9400", False), ("9400:9400", True)])
def test_a_fixed_port_of_a_further_container_allows_one_task_per_instance(
    port: str, bad: bool
) -> None:
    found = of_rule(
        "static-port",
        service__desired_count=3,
        fleet__max_size=2,
        sidecars__ports={"metrics": port},
        **BESIDE,
    )
    assert found == ([("error", "fleet.max_size")] if bad else [])


@pytest.mark.parametrize(
    ("mode", "port", "bad"),
    [
        ("bridge", "32767:1", False),
        ("bridge", "32768:1", True),
        ("bridge", "22:1", True),
        ("bridge", "22", False),
        ("host", "22", True),
        ("host", "32768", False),
        ("awsvpc", "22", False),
    ],
)
def test_the_port_of_a_further_container_is_free(mode: str, port: str, bad: bool) -> None:
    found = of_rule(
        "port-range", task__network_mode=mode, sidecars__ports={"metrics": port}, **BESIDE
    )
    assert found == ([("error", "sidecars.ports")] if bad else [])


@pytest.mark.parametrize(
    ("sizes", "bad"),
    [((0, 1, 2), False), ((2, 2, 2), False), ((2, 1, 3), True), ((0, 5, 3), True)],
)
def test_initial_size(sizes: tuple[int, int, int], bad: bool) -> None:
    parts = ("min_size", "initial_size", "max_size")
    changes: dict[str, Value] = {
        f"fleet__{part}": size for part, size in zip(parts, sizes, strict=True)
    }
    assert of_rule("initial-size", **changes) == ([("error", "fleet.initial_size")] if bad else [])
    # The initial size has no effect once the group exists.
    made = stack(**changes)
    owned = frozenset({made.names.autoscaling_group})
    assert "initial-size" not in {it.rule for it in check(made, account(), owned=owned)}


@pytest.mark.parametrize(
    ("mode", "port", "bad"),
    [
        *[("bridge", port, False) for port in (0, 21, 23, 80, 2374, 2377, 51677 - 20000, 32767)],
        *[("bridge", port, True) for port in (22, 2375, 2376, 32768, 51678, 51680, 65535)],
        ("host", 22, True),
        ("host", 51679, True),
        ("host", 32767, False),
        ("host", 61000, False),
        ("awsvpc", 22, False),
    ],
)
def test_port_range(mode: str, port: int, bad: bool) -> None:
    key = "task__host_port" if mode == "bridge" else "task__container_port"
    changes: dict[str, Value] = {"task__network_mode": mode, key: port}
    found = of_rule("port-range", **changes)
    assert found == ([("error", key.replace("__", "."))] if bad else [])


@pytest.mark.parametrize("port", [32768, 49153, 60999])
def test_a_host_port_that_outgoing_connections_get_too(port: int) -> None:
    found = of_rule("port-range", task__network_mode="host", task__container_port=port)
    assert found == [("warning", "task.container_port")]
    assert of_rule("port-range", task__network_mode="awsvpc", task__container_port=port) == []


@pytest.mark.parametrize(
    ("name", "severity"),
    [("us-east-1", None), ("af-south-1", "error"), ("xx-nowhere-9", "error")],
)
def test_region(name: str, severity: str | None) -> None:
    found = of_rule("region", stack__region=name)
    assert found == ([(severity, "stack.region")] if severity else [])
    assert of_rule("region", account(regions=DENIED), stack__region=name) == [
        ("unknown", "stack.region")
    ]


@pytest.mark.parametrize(
    ("version", "bad"),
    [
        ("", False),
        ("5.100.0", False),
        ("6.52.9", False),
        ("6.53.0", True),
        ("6.53.12", True),
        ("6.54", True),
        ("6.55.0", False),
        ("6.530.0", False),
    ],
)
def test_provider_version(version: str, bad: bool) -> None:
    rollbacks = {"aws_ecs_service.this": True, "aws_ecs_service.other": False}
    found = check(stack(), account(), provider=version, rollbacks=rollbacks, now=NOW)
    assert [(it.rule, it.severity, it.field) for it in found] == (
        [
            ("provider-version", "error", "stack.region"),
            ("provider-version", "unknown", "stack.region"),
        ]
        if bad
        else []
    )
    for finding, address in zip(found, rollbacks, strict=False):
        assert version in finding.message and address in finding.message
        assert finding.remedy == f"remove sigint_rollback from {address}"
    # Generated Terraform sets neither argument.
    assert check(stack(), account(), provider=version, now=NOW) == []


@pytest.mark.parametrize(
    ("changes", "bad"),
    [
        ({"health_check__port": "traffic-port"}, False),
        ({"health_check__port": "8000"}, True),
        ({"health_check__port": "80", "task__host_port": 80}, False),
        ({"health_check__port": "81", "task__host_port": 80}, True),
        ({"health_check__port": "9000", "task__network_mode": "awsvpc"}, False),
    ],
)
def test_the_health_check_asks_a_port_that_leads_to_a_task(
    changes: dict[str, Value], bad: bool
) -> None:
    assert of_rule("port-range", **changes) == ([("error", "health_check.port")] if bad else [])


@pytest.mark.parametrize(
    ("interval", "timeout", "grace", "found"),
    [
        (5, 2, 300, []),
        (5, 4, 130, []),
        (5, 5, 130, [("error", "health_check.timeout_seconds")]),
        (5, 6, 130, [("error", "health_check.timeout_seconds")]),
        # Thirty seconds suffice for a web server, but not for a model.
        (5, 2, 30, [("warning", "service.health_check_grace_seconds")]),
        (5, 2, 129, [("warning", "service.health_check_grace_seconds")]),
        (30, 5, 179, [("warning", "service.health_check_grace_seconds")]),
        (30, 5, 180, []),
    ],
)
def test_health_timing(
    interval: int, timeout: int, grace: int, found: list[tuple[str, str]]
) -> None:
    assert (
        of_rule(
            "health-timing",
            health_check__interval_seconds=interval,
            health_check__timeout_seconds=timeout,
            service__health_check_grace_seconds=grace,
        )
        == found
    )


def test_timing_in_seconds() -> None:
    times = timing(stack())
    assert (times.healthy, times.unhealthy, times.removed, times.startup) == (25, 12, 72, 300)


@pytest.mark.parametrize(
    ("market", "delay", "idle", "mended"),
    [
        ("spot", 89, 60, None),
        ("spot", 90, 60, 60),
        ("spot", 60, 300, None),  # no delay could be long enough
        ("spot", 0, 300, 60),
        ("on-demand", 3600, 60, None),
        # AWS's default idle timeout has no information about the requests
        ("on-demand", 30, 60, None),
        ("on-demand", 0, 60, 60),
        ("on-demand", 0, 1, 60),
        ("on-demand", 60, 61, 61),
        ("on-demand", 299, 300, 300),
        ("on-demand", 300, 300, None),
        ("on-demand", 3599, 4000, 3600),
        ("on-demand", 3600, 4000, None),
    ],
)
def test_drain_timing(market: str, delay: int, idle: int, mended: int | None) -> None:
    found = findings(
        account(),
        fleet__market=market,
        load_balancer__deregistration_delay_seconds=delay,
        load_balancer__idle_timeout_seconds=idle,
    )
    key = "load_balancer.deregistration_delay_seconds"
    assert [(it.severity, it.field, it.fix) for it in found if it.rule == "drain-timing"] == (
        [("warning", key, ((key, mended),))] if mended else []
    )


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"fleet__max_size": 1}, [("warning", "fleet.max_size")]),
        ({"fleet__max_size": 1, "service__minimum_healthy_percent": 0}, []),
        ({"fleet__max_size": 1, "service__desired_count": 2}, [("error", "fleet.max_size")]),
        ({"fleet__max_size": 1, "service__desired_count": 0}, []),
        # The rule static-port reports it.
        ({"fleet__max_size": 1, "service__desired_count": 2, "task__host_port": 80}, []),
        ({"service__maximum_percent": 150}, [("warning", "service.maximum_percent")]),
        ({"service__maximum_percent": 150, "service__desired_count": 2}, []),
        (
            {"service__maximum_percent": 100, "service__minimum_healthy_percent": 60},
            [("warning", "service.maximum_percent")],
        ),
        ({"service__maximum_percent": 100, "service__minimum_healthy_percent": 0}, []),
    ],
)
def test_rollout_surge(changes: dict[str, Value], found: list[tuple[str, str]]) -> None:
    assert of_rule("rollout-surge", **changes) == found


@pytest.mark.parametrize(
    ("size", "fix"),
    [
        (1, (("service.maximum_percent", 200), ("fleet.max_size", 2))),
        (2, (("service.maximum_percent", 200),)),
        (5, (("service.maximum_percent", 200),)),
    ],
)
def test_percentages_that_leave_no_room_are_not_the_fleets_fault(
    size: int, fix: tuple[tuple[str, Value], ...]
) -> None:
    answers: dict[str, Value] = {
        **ANSWERS,
        "service.maximum_percent": 150,
        "fleet.max_size": size,
    }
    (found,) = (it for it in findings(account(), answers) if it.rule == "rollout-surge")
    assert found.fix == fix
    assert found.remedy.startswith("set service.maximum_percent to 200")
    assert "rollout-surge" not in {it.rule for it in findings(account(), apply_fix(found, answers))}


@pytest.mark.parametrize(
    ("changes", "bad"),
    [
        ({}, False),
        ({"fleet__initial_size": 0}, True),
        ({"fleet__initial_size": 0, "service__desired_count": 2}, False),
        ({"fleet__initial_size": 0, "service__desired_count": 0}, False),
        ({"fleet__initial_size": 0, "fleet__max_size": 1}, False),
    ],
)
def test_zero_scale_cost(changes: dict[str, Value], bad: bool) -> None:
    found = of_rule("zero-scale-cost", **changes)
    assert found == ([("warning", "fleet.initial_size")] if bad else [])


@pytest.mark.parametrize(
    ("vcpus", "changes", "severity"),
    [
        (8, {}, None),
        (7, {}, "warning"),
        (3, {}, "error"),
        (0, {}, "error"),
        (8, {"fleet__market": "spot"}, "error"),
        (8, {"fleet__instance_type": "p3.2xlarge"}, "error"),
    ],
)
def test_quota(vcpus: int, changes: dict[str, Value], severity: str | None) -> None:
    quotas = (
        Quota("L-DB2E81BA", "G", "on-demand", vcpus),
        Quota("L-3819A6DF", "G", "spot", 0),
        Quota("L-417A185B", "P", "on-demand", 0),
    )
    found = of_rule("quota", account(quotas=known(quotas)), **changes)
    assert found == ([(severity, "fleet.max_size")] if severity else [])


@pytest.mark.parametrize(
    ("running", "severity"),
    [
        ([("g5.4xlarge", "on-demand", 56, "other")], None),
        ([("g5.4xlarge", "on-demand", 57, "other")], "warning"),
        ([("g5.4xlarge", "on-demand", 61, "")], "error"),
        ([("g5.4xlarge", "on-demand", 61, "llm")], None),
        ([("g5.4xlarge", "spot", 61, "")], None),
        ([("p3.2xlarge", "on-demand", 61, "")], None),
        ([("g5.4xlarge", "on-demand", 30, ""), ("g6.xlarge", "on-demand", 31, "")], "error"),
    ],
)
def test_what_runs_already_uses_the_quota(
    running: list[tuple[str, Literal["on-demand", "spot"], int, str]], severity: str | None
) -> None:
    # Two g4dn.xlarge have 8 of 64 vCPUs.
    instances = tuple(GpuInstance(f"i-{n}", *it) for n, it in enumerate(running))
    found = of_rule("quota", account(gpu_instances=known(instances)))
    assert found == ([(severity, "fleet.max_size")] if severity else [])


def test_vt_instances_use_the_quota_of_g() -> None:
    video = GpuInstance("i-1", "vt1.24xlarge", "on-demand", 61, "")
    assert of_rule("quota", account(gpu_instances=known((video,)))) == [("error", "fleet.max_size")]


def test_what_runs_already_is_unknown() -> None:
    assert of_rule("quota", account(gpu_instances=DENIED)) == [("unknown", "fleet.max_size")]
    full = account(gpu_instances=DENIED)
    assert of_rule("quota", full, fleet__max_size=17) == [("warning", "fleet.max_size")]


def test_a_quota_that_may_not_be_read_is_unknown() -> None:
    found = next(it for it in findings(account(quotas=DENIED)) if it.rule == "quota")
    assert found.severity == "unknown"
    assert "not allowed to call x:Y" in found.message


def test_eni_limit() -> None:
    many: dict[str, Value] = {
        "fleet__instance_type": "g5.48xlarge",
        "service__distinct_instances": False,
        "task__network_mode": "awsvpc",
    }
    assert of_rule("eni-limit", **many) == [("warning", "task.network_mode")]
    assert of_rule("eni-limit", **{**many, "task__network_mode": "bridge"}) == []
    keys = {}
    for strategy in ("rolling", "linear"):
        found = findings(account(), **many, service__deployment_strategy=strategy)
        keys[strategy] = [it.fix for it in found if it.rule == "eni-limit"]
    # Linear deployments need awsvpc (rule release-network).
    assert keys == {"rolling": [(("task.network_mode", "bridge"),)], "linear": [None]}
    assert of_rule("eni-limit", **{**many, "fleet__instance_type": "g5.12xlarge"}) == []
    assert of_rule("eni-limit", **{**many, "fleet__instance_type": "p3.2xlarge"}) == [
        ("unknown", "task.network_mode")
    ]


def test_no_account_no_false_alarm() -> None:
    """Without an account, every finding has the severity unknown or is about the stack itself."""
    assert {it.severity for it in check(stack(), None, now=NOW)} == {"unknown"}
    assert replace(account(), region="us-east-1") == account()


def test_delete_timeout_counts_the_stop_timeout_of_the_stack() -> None:
    key = "load_balancer.deregistration_delay_seconds"
    slow: dict[str, Value] = {key.replace(".", "__"): 790, "task__stop_timeout_seconds": 115}
    assert of_rule("delete-timeout", **slow) == [("warning", key)]
    (found,) = [it for it in findings(account(), **slow) if it.rule == "delete-timeout"]
    assert "up to 115 s to stop" in found.message
    assert found.fix == ((key, 785),)
    slow["task__stop_timeout_seconds"] = 60
    assert of_rule("delete-timeout", **slow) == []


@pytest.mark.parametrize(("delay", "bad"), [(300, False), (870, False), (871, True), (3600, True)])
def test_delete_timeout(delay: int, bad: bool) -> None:
    key = "load_balancer.deregistration_delay_seconds"
    changes: dict[str, Value] = {"load_balancer__deregistration_delay_seconds": delay}
    assert of_rule("delete-timeout", **changes) == ([("warning", key)] if bad else [])
    for it in findings(account(), **changes):
        if it.rule == "delete-timeout":
            changed = apply_fix(it, {**ANSWERS, key: delay})
            assert "delete-timeout" not in {it.rule for it in findings(account(), changed)}
