"""Rules about task scaling at their boundaries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gpuecs_tui.aws.reading import Known
from gpuecs_tui.checks import Finding, check
from gpuecs_tui.checks.rules import task_scaling
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.scaling.autoscaling import COOLDOWN_MAX
from gpuecs_tui.terraform.read.scaling.other_scalers import other_scalers
from tests.checks.priced import prices
from tests.support.fixes import apply_fix
from tests.support.small_account import NOW, account, of_rule, stack

NIGHT = "cron(0 20 * * ? *) min 0 max 0"
MORNING = "cron(0 7 * * ? *) min 1 max 2"
PAST = "at(2026-11-22T00:00:00) min 1 max 2"
LATER = "at(2026-11-24T00:00:00) min 1 max 2"
REQUESTS: dict[str, Value] = {
    "autoscaling__enabled": True,
    "autoscaling__requests_per_target": 60,
}
QUEUE: dict[str, Value] = {
    "autoscaling__metric_name": "Depth",
    "autoscaling__metric_namespace": "AWS/SQS",
}
OF_BALANCER: dict[str, Value] = {
    "autoscaling__min_tasks": 0,
    "autoscaling__metric_namespace": "AWS/ApplicationELB",
}


def of(rule: str, **changes: Value) -> list[Finding]:
    facts = account(prices=prices())
    return [it for it in check(stack(**changes), facts, now=NOW) if it.rule == rule]


def test_without_task_scaling_nothing_is_said() -> None:
    found = check(stack(), account(), now=NOW)
    assert not [it for it in found if "scaling" in it.rule]


@pytest.mark.parametrize(
    ("changes", "bad"),
    [
        ({}, True),
        ({"autoscaling__requests_per_target": 1}, False),
        ({"autoscaling__cpu_percent": 50}, False),
        ({"autoscaling__memory_percent": 50}, False),
        ({"autoscaling__metric_name": "Depth"}, False),
        ({"autoscaling__schedules": {"night": NIGHT}}, False),
    ],
)
def test_scaling_idle(changes: dict[str, Value], bad: bool) -> None:
    found = of_rule("scaling-idle", autoscaling__enabled=True, **changes)
    assert found == ([("warning", "autoscaling.enabled")] if bad else [])


@pytest.mark.parametrize(
    ("changes", "bad"),
    [
        ({"autoscaling__min_tasks": 1}, False),
        ({"autoscaling__min_tasks": 0}, True),
        # A schedule or a metric that has data without tasks starts the first one.
        ({"autoscaling__schedules": {"night": NIGHT, "morning": MORNING}}, False),
        ({"autoscaling__min_tasks": 0, "autoscaling__schedules": {"morning": MORNING}}, False),
        ({"autoscaling__min_tasks": 0, "autoscaling__schedules": {"once": PAST}}, True),
        ({"autoscaling__min_tasks": 0, "autoscaling__schedules": {"once": LATER}}, False),
        ({"autoscaling__min_tasks": 0, **QUEUE}, False),
        ({"autoscaling__min_tasks": 0, **QUEUE, "autoscaling__metric_namespace": "AWS/ECS"}, True),
        ({"autoscaling__min_tasks": 0, **QUEUE, "autoscaling__metric_namespace": "CWAgent"}, True),
        ({**OF_BALANCER, "autoscaling__metric_name": "RequestCountPerTarget"}, True),
        ({**OF_BALANCER, "autoscaling__metric_name": "RequestCount"}, True),
        ({**OF_BALANCER, "autoscaling__metric_name": "TargetResponseTime"}, True),
        ({**OF_BALANCER, "autoscaling__metric_name": "HTTPCode_Target_5XX_Count"}, True),
        ({**OF_BALANCER, "autoscaling__metric_name": "HTTPCode_ELB_503_Count"}, False),
    ],
)
def test_scaling_from_zero(changes: dict[str, Value], bad: bool) -> None:
    found = of_rule("scaling-from-zero", **{**REQUESTS, **changes})
    assert found == ([("error", "autoscaling.min_tasks")] if bad else [])


def test_scaling_from_zero_names_what_can_start_a_task() -> None:
    (found,) = of("scaling-from-zero", **{**REQUESTS, "autoscaling__min_tasks": 0})
    assert "autoscaling.requests_per_target" in found.message
    assert "scheduled action" in found.remedy and "queue" in found.remedy
    assert apply_fix(found, {}) == {"autoscaling.min_tasks": 1}


@pytest.mark.parametrize("least", [0, 1])
def test_scaling_from_zero_names_the_action_that_stops_all_tasks(least: int) -> None:
    schedules: dict[str, Value] = {
        "autoscaling__min_tasks": least,
        "autoscaling__schedules": {"night": NIGHT, "once": PAST},
    }
    (found,) = of("scaling-from-zero", **REQUESTS, **schedules)
    assert (found.severity, found.field) == ("error", "autoscaling.schedules")
    assert found.fix is None
    assert found.remedy.startswith("raise the minimum of the scheduled action night to at least 1")


def test_whether_a_metric_of_an_unknown_namespace_has_data_is_unknown() -> None:
    own = {**QUEUE, "autoscaling__metric_namespace": "Jobs", "autoscaling__min_tasks": 0}
    (found,) = of("scaling-from-zero", **REQUESTS, **own)
    assert found.severity == "unknown" and "Depth in the namespace Jobs" in found.message


def test_a_stack_that_is_scaled_to_zero_is_only_warned_about() -> None:
    zero: dict[str, Value] = {"autoscaling__min_tasks": 0, "service__desired_count": 0}
    (found,) = of("scaling-from-zero", **REQUESTS, **zero)
    assert (found.severity, found.fix) == ("warning", None)
    assert "gpuecs-tui scale with 1 task" in found.remedy


@pytest.mark.parametrize(
    ("seconds", "grace", "bad"),
    [
        # 120 s for the instance and 120 s for the model; the size of the image is 0.
        (240, 300, False),
        (239, 300, True),
        # A longer grace period is the user's own figure: 900 s without the 10 s until unhealthy.
        (120 + 890, 900, False),
        (120 + 889, 900, True),
    ],
)
def test_scaling_cooldown(seconds: int, grace: int, bad: bool) -> None:
    changes: dict[str, Value] = {
        **REQUESTS,
        "autoscaling__scale_out_cooldown_seconds": seconds,
        "service__health_check_grace_seconds": grace,
        "health_check__interval_seconds": 5,
        "health_check__unhealthy_threshold": 2,
    }
    key = "autoscaling.scale_out_cooldown_seconds"
    assert of_rule("scaling-cooldown", **changes) == ([("warning", key)] if bad else [])


def test_scaling_cooldown_says_what_the_overshoot_costs() -> None:
    changes: dict[str, Value] = {
        **REQUESTS,
        "autoscaling__scale_out_cooldown_seconds": 60,
        "autoscaling__max_tasks": 6,
    }
    (found,) = of("scaling-cooldown", **changes)
    # At 60, 120 and 180 s, and with the size of the image read (0).
    assert "3 times before" in found.message
    assert "(120 s for the instance, 0 s for the image, 120 s for the model)" in found.message
    # Six tasks instead of two, at 0.50 per instance and hour.
    assert "up to 4 instances too many run, for $2.00 per hour" in found.message
    assert apply_fix(found, {}) == {"autoscaling.scale_out_cooldown_seconds": 240}
    # Of several types, each may be launched: 0.50 and 1.00 per instance and hour.
    (found,) = of("scaling-cooldown", **changes, fleet__instance_types=("g4dn.xlarge", "g5.xlarge"))
    assert "up to 4 instances too many run, for $2.00–4.00 per hour" in found.message
    # Without a price, the message names no amount.
    facts = account(prices=replace(prices(), on_demand={}))
    texts = [it.message for it in check(stack(**changes), facts) if it.rule == "scaling-cooldown"]
    assert len(texts) == 1 and "$" not in texts[0]


def test_a_large_image_takes_longer() -> None:
    facts = account()
    (name, images), *_ = facts.lookups.images.items()
    assert isinstance(images, Known) and images.value
    # 1 GiB at 125 MiB/s, three times.
    large = replace(images, value=tuple(replace(it, size_bytes=2**30) for it in images.value))
    facts = replace(facts, lookups=replace(facts.lookups, images={name: large}))
    for seconds, bad in ((240 + 25, False), (240 + 24, True)):
        changes: dict[str, Value] = {
            **REQUESTS,
            "fleet__root_volume_throughput_mib": 0,
            "autoscaling__scale_out_cooldown_seconds": seconds,
        }
        found = [it for it in check(stack(**changes), facts) if it.rule == "scaling-cooldown"]
        assert bool(found) is bad


@pytest.mark.parametrize(
    ("wait", "times"),
    # A metric has a data point a minute, so a shorter cool-down adds no more often.
    [(0, "3 times"), (59, "3 times"), (60, "3 times"), (80, "2 times"), (239, "1 time ")],
)
def test_scaling_cooldown_counts_the_additions(wait: int, times: str) -> None:
    (found,) = of("scaling-cooldown", **REQUESTS, autoscaling__scale_out_cooldown_seconds=wait)
    assert f"tasks can be added {times}" in found.message


def test_the_longest_cooldown_is_not_exceeded() -> None:
    # A start that takes longer than a day.
    changes: dict[str, Value] = {**REQUESTS, "service__health_check_grace_seconds": 200_000}
    key = "autoscaling.scale_out_cooldown_seconds"
    short = {**changes, "autoscaling__scale_out_cooldown_seconds": 600}
    (found,) = of("scaling-cooldown", **short)
    assert apply_fix(found, {}) == {key: COOLDOWN_MAX}
    longest = {**changes, "autoscaling__scale_out_cooldown_seconds": COOLDOWN_MAX}
    assert of("scaling-cooldown", **longest) == []


@pytest.mark.parametrize(("seconds", "severity"), [(239, "warning"), (240, "unknown")])
def test_the_pull_of_an_image_of_unknown_size_is_left_out(seconds: int, severity: str) -> None:
    changes: dict[str, Value] = {
        **REQUESTS,
        "autoscaling__scale_out_cooldown_seconds": seconds,
        "sidecars__images": {"metrics": "public.ecr.aws/team/metrics:1"},
        "sidecars__memory_mib": {"metrics": "256"},
    }
    (found,) = of("scaling-cooldown", **changes)
    assert found.severity == severity
    words = "the size of public.ecr.aws/team/metrics:1 is unknown, so its pull is not included"
    assert words in found.message
    (found,) = of("scaling-cooldown", **{**REQUESTS, "task__image": "app:1",
                  "autoscaling__scale_out_cooldown_seconds": 60})  # fmt: skip
    assert "for the image" not in found.message
    assert "the size of app:1 is unknown" in found.message


@pytest.mark.parametrize(
    ("zone", "severity"),
    [("UTC", None), ("Europe/Berlin", None), ("Etc/GMT+9", None), ("Europe/Nowhere", "error")],
)
def test_scaling_schedule(zone: str, severity: str | None) -> None:
    changes: dict[str, Value] = {
        **REQUESTS,
        "autoscaling__schedules": {"morning": MORNING},
        "autoscaling__timezone": zone,
    }
    expected = [(severity, "autoscaling.timezone")] if severity else []
    assert of_rule("scaling-schedule", **changes) == expected


def test_a_time_zone_is_unknown_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> ZoneInfo:
        raise KeyError(name)

    monkeypatch.setattr(task_scaling, "ZoneInfo", missing)
    changes: dict[str, Value] = {**REQUESTS, "autoscaling__schedules": {"morning": MORNING}}
    assert of_rule("scaling-schedule", **changes) == [("unknown", "autoscaling.timezone")]


@pytest.mark.parametrize(
    ("schedule", "bad"),
    [
        # NOW is 2026-11-23 00:00 UTC.
        ("at(2026-11-23T00:00:00)", False),
        ("at(2026-11-22T23:59:59)", True),
        ("cron(0 8 ? * * 2026)", False),
        ("cron(0 8 ? * * 2025)", True),
        ("cron(0 8 29 FEB ? *)", False),
        ("cron(0 8 30 FEB ? *)", True),
    ],
)
def test_an_action_without_a_time_to_come(schedule: str, bad: bool) -> None:
    actions: Value = {"morning": MORNING, "odd": f"{schedule} min 1 max 2"}
    changes: dict[str, Value] = {**REQUESTS, "autoscaling__schedules": actions}
    expected = [("warning", "autoscaling.schedules")] if bad else []
    assert of_rule("scaling-schedule", **changes) == expected


@pytest.mark.parametrize(("most", "bad"), [(4, False), (5, True)])
def test_the_maximum_fits_the_fleet(most: int, bad: bool) -> None:
    changes: dict[str, Value] = {
        **REQUESTS,
        "autoscaling__max_tasks": most,
        "fleet__max_size": 4,
        "service__minimum_healthy_percent": 0,
    }
    assert of_rule("rollout-surge", **changes) == ([("error", "fleet.max_size")] if bad else [])
    # The maximum of a scheduled action counts, too.
    by_schedule: dict[str, Value] = {
        **changes,
        "autoscaling__max_tasks": 2,
        "autoscaling__schedules": {"morning": f"cron(0 7 * * ? *) min 1 max {most}"},
    }
    found = of_rule("rollout-surge", **by_schedule)
    assert found == ([("error", "fleet.max_size")] if bad else [])


def test_a_desired_count_above_the_maximum_needs_room_too() -> None:
    """Terraform creates the service with it."""
    changes: dict[str, Value] = {
        **REQUESTS,
        "autoscaling__max_tasks": 2,
        "fleet__max_size": 2,
        "service__minimum_healthy_percent": 0,
    }
    assert of_rule("rollout-surge", **changes, service__desired_count=2) == []
    found = of_rule("rollout-surge", **changes, service__desired_count=5)
    assert found == [("error", "fleet.max_size")]


def test_the_quota_and_the_addresses_must_allow_the_maximum() -> None:
    # The account allows 64 vCPUs, of which a g4dn.xlarge has 4.
    assert of_rule("quota", **REQUESTS, autoscaling__max_tasks=8) == []
    assert of_rule("quota", **REQUESTS, autoscaling__max_tasks=9) == [("warning", "fleet.max_size")]
    assert of_rule("quota", **REQUESTS, autoscaling__max_tasks=17) == [("error", "fleet.max_size")]


POLICY = """
resource "aws_autoscaling_policy" "cpu" {
  name                   = "cpu"
  autoscaling_group_name = %s
}
"""


@pytest.mark.parametrize(
    ("group", "found"),
    [
        ("aws_autoscaling_group.this.name", ("aws_autoscaling_policy.cpu",)),
        ('"llm"', ("aws_autoscaling_policy.cpu",)),
        ('"another"', ()),
        ("aws_autoscaling_group.other.name", ()),
    ],
)
def test_group_scaling(group: str, found: tuple[str, ...], tmp_path: Path) -> None:
    base = 'resource "aws_autoscaling_group" "this" {\n  name = "llm"\n}\n'
    (tmp_path / "fleet.tf").write_text(base)
    assert other_scalers(tmp_path, {}) == ()
    (tmp_path / "more.tf").write_text(POLICY % group)
    addresses = other_scalers(tmp_path, {})
    assert addresses == found
    findings = check(stack(), account(), now=NOW, other_scalers=addresses)
    assert [(it.rule, it.severity) for it in findings] == [("group-scaling", "error")] * len(found)
    assert all(it in findings[0].message for it in found)


OWN = """
resource "aws_ecs_cluster" "this" {
  name = "llm"
}
resource "aws_ecs_service" "this" {
  name = "llm"
}
resource "aws_appautoscaling_target" "this" {
  resource_id = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.this.name}"
}
"""


@pytest.mark.parametrize(
    ("service", "found"),
    [
        ('"service/c/${aws_ecs_service.this.name}"', True),
        ("aws_appautoscaling_target.this.resource_id", True),
        ('"service/llm/llm"', True),
        ('"service/llm/other"', False),
    ],
)
def test_group_scaling_of_the_tasks(service: str, found: bool, tmp_path: Path) -> None:
    (tmp_path / "autoscaling.tf").write_text(OWN)
    assert other_scalers(tmp_path, {}) == ()
    for kind in ("target", "policy"):
        text = f'resource "aws_appautoscaling_{kind}" "mine" {{\n  resource_id = {service}\n}}\n'
        (tmp_path / f"{kind}.tf").write_text(text)
    addresses = ("aws_appautoscaling_policy.mine", "aws_appautoscaling_target.mine")
    assert other_scalers(tmp_path, {}) == (addresses if found else ())
    # Without the stack's own target, the user's is the only one.
    (tmp_path / "autoscaling.tf").unlink()
    assert other_scalers(tmp_path, {}) == ()

    scaled = stack(autoscaling__enabled=True)
    findings = check(scaled, account(), now=NOW, other_scalers=addresses)
    (twice,) = [it for it in findings if it.rule == "group-scaling"]
    assert (twice.severity, twice.field) == ("error", "autoscaling.enabled")
    assert "aws_appautoscaling_target.mine is the scalable target" in twice.message
    # The user's policy scales the service.
    assert "scaling-idle" not in {it.rule for it in findings}
    only_target = check(scaled, account(), now=NOW, other_scalers=addresses[1:])
    assert "scaling-idle" in {it.rule for it in only_target}
