"""Sums that were calculated by hand: an instance costs 0.50, its 100 GiB 0.01, and the load
balancer 0.02 per hour."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.checks.context import context_of
from gpuecs_tui.checks.pricing.cost import Cost, cost
from gpuecs_tui.checks.pricing.cost_words import as_json, in_one_line, money, text_lines
from gpuecs_tui.stack.fields import Value
from tests.support.small_account import PUBLIC, account, known, stack

from .priced import DAY, price, priced_account, prices

DENIED = Unknown("pricing:GetProducts", "not allowed to call pricing:GetProducts", "")


def of(facts: AccountFacts | None = None, /, **changes: Value) -> Cost:
    return cost(context_of(stack(**changes), facts or priced_account()))


def hours(found: Cost) -> dict[str, tuple[int | None, str | None]]:
    return {
        it.state: (it.instances, None if it.hour is None else f"{it.hour.low:.4f}")
        for it in found.sums
    }


def test_one_task_scaled_from_zero() -> None:
    assert hours(of()) == {
        "minimum": (0, "0.0200"),
        "desired": (1, "0.5300"),
        "maximum": (2, "1.0400"),
        "rollout": (2, "1.0400"),
        "from_zero": (2, "1.0400"),
    }


@pytest.mark.parametrize(
    ("changes", "state", "instances"),
    [
        ({"fleet__min_size": 1}, "minimum", 1),
        ({"fleet__min_size": 1}, "from_zero", None),
        ({"service__desired_count": 0}, "from_zero", None),
        ({"service__desired_count": 3}, "desired", 3),
        ({"service__desired_count": 3}, "from_zero", 3),
        ({"service__desired_count": 3}, "rollout", 6),
        ({"service__desired_count": 3, "fleet__max_size": 4}, "rollout", 4),
        ({"service__desired_count": 3, "fleet__max_size": 2}, "desired", 2),
        ({"fleet__target_capacity": 50}, "desired", 2),
        ({"fleet__max_size": 1}, "from_zero", 1),
        (
            {"service__minimum_healthy_percent": 0, "service__maximum_percent": 100},
            "rollout",
            1,
        ),
    ],
)
def test_instances(changes: dict[str, Value], state: str, instances: int | None) -> None:
    assert hours(of(**changes)).get(state, (None,))[0] == instances


def test_a_task_that_never_fits_has_no_sum() -> None:
    found = of(task__gpus=8)
    assert hours(found) == {
        "minimum": (0, "0.0200"),
        "desired": (None, None),
        "maximum": (2, "1.0400"),
    }


def test_spot_is_the_range_of_the_subnets_zones() -> None:
    desired = of(fleet__market="spot").sum("desired")
    assert desired is not None and desired.hour is not None
    # us-east-1f, which has both the lowest and the highest price, has no subnet of the stack.
    assert (desired.hour.low, desired.hour.high) == (Decimal("0.13"), Decimal("0.33"))
    assert desired.hour.month.high == Decimal("0.33") * 730


def test_no_spot_price_is_unknown() -> None:
    found = of(fleet__market="spot", fleet__instance_type="g5.xlarge")
    assert "no Availability Zone of the subnets" in found.lines[0].unknown
    assert hours(found)["desired"] == (1, None)


def test_several_types_are_a_range() -> None:
    found = of(fleet__instance_types=("g5.xlarge", "g4dn.xlarge"))
    desired = found.sum("desired")
    assert desired is not None and desired.hour is not None
    assert (desired.hour.low, desired.hour.high) == (Decimal("0.53"), Decimal("1.03"))
    unpriced = of(fleet__instance_types=("g4dn.xlarge", "g6.xlarge"))
    assert unpriced.lines[0].each is None and hours(unpriced)["desired"] == (1, None)


def test_a_base_is_on_demand_and_the_rest_spot() -> None:
    found = of(fleet__market="spot", fleet__on_demand_base=1, fleet__max_size=3)
    assert [it.item for it in found.lines][:2] == ["on_demand_instances", "spot_instances"]
    assert hours(found)["desired"] == (1, "0.5300")
    largest = found.sum("maximum")
    assert largest is not None and largest.hour is not None
    # 0.50 for the base, 0.10 to 0.30 for each of two others, volumes and load balancer 0.05.
    assert (largest.hour.low, largest.hour.high) == (Decimal("0.75"), Decimal("1.15"))
    assert "On-Demand and Spot" in text_lines(found)[0]
    # A Spot price is needed only for a Spot instance.
    blind = of(
        priced_account(prices(spot={})),
        fleet__market="spot", fleet__on_demand_base=1, fleet__max_size=3,
    )  # fmt: skip
    assert hours(blind)["desired"] == (1, "0.5300") and hours(blind)["maximum"] == (3, None)


def test_public_addresses() -> None:
    facts = priced_account()
    assert isinstance(facts.subnets, Known)
    assigning = tuple(replace(it, assigns_public_address=True) for it in facts.subnets.value)
    found = of(
        replace(facts, subnets=replace(facts.subnets, value=assigning)),
        load_balancer__internal=False,
        network__ingress_cidrs=("0.0.0.0/0",),
        network__load_balancer_subnet_ids=PUBLIC,
    )
    counts = {it.item: it.count for it in found.lines}
    assert (counts["instance_addresses"], counts["load_balancer_addresses"]) == (1, 3)
    assert hours(found)["desired"] == (1, "0.5500")


def test_created_endpoints_are_paid_by_service_and_zone() -> None:
    found = of(network__vpc_endpoints=("ecs", "logs", "s3"))
    counts = {it.item: it.count for it in found.lines}
    # Three subnets in three zones; a gateway endpoint costs nothing.
    assert counts["vpc_endpoints"] == 6
    assert hours(found)["desired"] == (1, "0.5900")
    assert "vpc_endpoint_data" in [it.item for it in found.by_use]
    line = "6 VPC endpoint network interfaces (one per service and zone): $0.06 per hour"
    assert line in "\n".join(text_lines(found))
    gateway = of(network__vpc_endpoints=("s3",))
    assert hours(gateway)["desired"] == hours(of())["desired"]
    assert "vpc_endpoint_data" not in [it.item for it in gateway.by_use]


def test_traffic_is_told_beside_the_sums() -> None:
    found = of()
    assert [it.item for it in found.by_use] == ["load_balancer_use", "nat_gateway", "nat_data"]
    public = of(network__instance_subnet_ids=PUBLIC)
    assert [it.item for it in public.by_use] == ["load_balancer_use"]


def test_container_insights_is_billed_by_metric() -> None:
    line = of(fleet__container_insights="on").by_use[1]
    assert (line.item, line.unit) == ("container_insights", "metric-month")
    assert line.each is not None and line.each.low == Decimal("0.3")
    dearer = of(fleet__container_insights="enhanced").by_use[1]
    assert (dearer.item, dearer.each) == ("container_insights", None)
    assert "aws.amazon.com/cloudwatch/pricing" in dearer.unknown
    for value in ("account", "off"):
        items = [it.item for it in of(fleet__container_insights=value).by_use]
        assert "container_insights" not in items


def test_container_insights_that_the_cluster_keeps_are_billed() -> None:
    for value, kept in (("enabled", ["container_insights"]), ("disabled", []), ("", [])):
        facts = priced_account()
        there: dict[str, Reading[str]] = {stack().names.cluster: known(value)}
        facts = replace(facts, lookups=replace(facts.lookups, cluster_insights=there))
        items = [it.item for it in of(facts).by_use]
        assert [it for it in items if it == "container_insights"] == kept


def test_gpu_metrics_are_three_whatever_the_size_of_the_fleet() -> None:
    found = of(fleet__gpu_metrics=True, fleet__min_size=2)
    line = found.by_use[1]
    assert (line.item, line.count, line.unit) == ("gpu_metrics", 3, "month")
    assert "  3 GPU metrics of the fleet, while an instance runs: $0.90 per month" in "\n".join(
        text_lines(found)
    )


def test_alarms_are_billed_by_their_metrics() -> None:
    found = of(alarms__enabled=True)
    line = next(it for it in found.lines if it.item == "alarms")
    # Unhealthy targets, no healthy target, and three of server errors, at 0.10 a month each.
    assert line.count == 5 and line.each is not None
    assert round(line.each.times(5).month.low, 2) == Decimal("0.50")
    assert not [it for it in of().lines if it.item == "alarms"]
    board = next(it for it in of(alarms__dashboard=True).by_use if it.item == "dashboard")
    assert board.each is None and "cloudwatch/pricing" in board.unknown


def test_no_nat_gateway_where_no_route_leads_to_one() -> None:
    facts = priced_account()
    assert isinstance(facts.route_tables, Known)
    private, public = facts.route_tables.value
    local_only = replace(private, routes=private.routes[:1])
    closed = of(replace(facts, route_tables=known((local_only, public))))
    assert [it.item for it in closed.by_use] == ["load_balancer_use"]
    # Unread routes exclude nothing.
    blind = of(replace(facts, route_tables=Unknown("ec2:DescribeRouteTables", "denied", "")))
    assert "nat_gateway" in [it.item for it in blind.by_use]


def test_without_the_instances_price_there_is_no_sum() -> None:
    found = of(priced_account(prices(on_demand={"g4dn.xlarge": DENIED})))
    assert hours(found)["desired"] == (1, None)
    assert hours(found)["minimum"] == (0, "0.0200")
    assert in_one_line(found) == ""
    assert any(DENIED.reason in line for line in text_lines(found))


def test_without_another_price_the_sum_is_a_lower_bound() -> None:
    found = of(priced_account(prices(volume=DENIED)))
    desired = found.sum("desired")
    assert desired is not None and not desired.complete
    assert in_one_line(found).startswith("at least $0.52/h")


def test_nothing_known_is_never_nothing_to_pay() -> None:
    found = of(account())
    assert {hour for _count, hour in hours(found).values()} == {None}
    assert text_lines(found) == ["Cost is unknown: not loaded yet."]
    assert as_json(found)["sums"]["minimum"]["hour"] is None


def test_json_keeps_money_exact_with_source_and_date() -> None:
    tree = as_json(of())
    assert tree["sums"]["desired"] == {
        "instances": 1,
        "hour": {"low": "0.530000", "high": "0.530000"},
        "month": {"low": "386.900000", "high": "386.900000"},
        "complete": True,
    }
    assert {(it["source"], it["since"]) for it in tree["lines"]} == {("a test", DAY.isoformat())}


def test_every_line_of_text_tells_where_it_is_from() -> None:
    lines = [line for line in text_lines(of()) if ": $" in line]
    assert len(lines) == 6 and all("(a test, 2026-11-01)" in line for line in lines)


def test_the_amis_own_volume() -> None:
    sizes = {it.item: it.count for it in of(fleet__root_volume_gib=0).lines}
    assert sizes["root_volumes"] == 30


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        ("0.526", "$0.526"),
        ("0.0225", "$0.0225"),
        ("0.00004", "$0.00"),
        ("7", "$7.00"),
        ("16.425", "$16.42"),
        ("1204.5", "$1,204"),
    ],
)
def test_money(usd: str, text: str) -> None:
    assert money(Decimal(usd)) == text


def test_it_is_quick_enough_for_every_key() -> None:
    from time import process_time

    context = context_of(stack(), priced_account(prices(volume=price("0.08"))))
    began = process_time()
    for _round in range(10):
        in_one_line(cost(context))
    # A key press must take effect within 50 ms; this is a tenth of it, on a busy machine.
    assert (process_time() - began) / 10 < 0.02


SCALED: dict[str, Value] = {
    "autoscaling__enabled": True,
    "autoscaling__requests_per_target": 60,
    "autoscaling__min_tasks": 1,
    "autoscaling__max_tasks": 4,
    "service__desired_count": 2,
}


def scaled(**changes: Value) -> list[tuple[int | None, str | None]]:
    found = hours(of(**{**SCALED, **changes}))
    return [found[f"scaled_{state}"] for state in ("least", "usual", "most")]


def test_task_scaling_costs_from_its_minimum_to_its_maximum() -> None:
    assert scaled() == [(1, "0.5300"), (2, "1.0400"), (4, "2.0600")]
    assert not any("scaled" in state for state in hours(of()))
    text = in_one_line(of(**SCALED))
    assert "; with scaling $387 to $1,504/month;" in text
    lines = "\n".join(text_lines(of(**SCALED)))
    assert "with task scaling, at desired count, 2 instances" in lines


def test_a_schedule_is_paid_by_its_share_of_the_time() -> None:
    # Half of the time no task, and half of the time one to four.
    schedules: dict[str, str] = {
        "night": "cron(0 19 * * ? *) min 0 max 0",
        "morning": "cron(0 7 * * ? *) min 1 max 4",
    }
    assert scaled(autoscaling__schedules=schedules) == [
        (None, "0.2750"),
        (None, "0.5300"),
        (None, "1.0400"),
    ]
    # On two of seven days the tasks stay at zero: 5 × 12 of 168 hours.
    schedules = {**schedules, "morning": "cron(0 7 ? * MON-FRI *) min 1 max 4"}
    share = Decimal(60) / Decimal(168)
    assert scaled(autoscaling__schedules=schedules)[0] == (
        None,
        f"{Decimal('0.02') + share * Decimal('0.51'):.4f}",
    )
    # An action that runs once doesn't belong to the usual course.
    once: Value = {"party": "at(2026-12-24T18:00:00) min 4 max 4"}
    assert scaled(autoscaling__schedules=once) == scaled()


def test_task_scaling_without_a_price_or_a_fit_has_no_sum() -> None:
    assert scaled(task__gpus=8) == [(None, None)] * 3
    unpriced = of(priced_account(prices(on_demand={})), **SCALED)
    assert hours(unpriced)["scaled_usual"] == (2, None)
