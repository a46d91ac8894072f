"""Properties of every valid stack: no rule fails, and every fix is valid and resolves its
finding."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.facts import LogGroup
from gpuecs_tui.checks import Finding, check
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import resolve
from tests.support.fixes import apply_fix
from tests.support.small_account import ANSWERS, NOW, PRIVATE, PROFILE, PUBLIC, ROLE, account, known
from tests.support.strategies import answers

FACTS = account(log_groups=known((LogGroup("/ecs/old", None),)))
SUBNETS = st.lists(st.sampled_from(PRIVATE + PUBLIC), min_size=1, max_size=6, unique=True)
TYPES = st.sampled_from(sorted(catalogue.names()))
SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck))


def made(given: dict[str, Value]) -> Stack:
    return resolve(given, catalogue.find(str(given["fleet.instance_type"]))).stack


def found(given: dict[str, Value]) -> list[Finding]:
    return check(made(given), FACTS, now=NOW)


@settings(SLOW, max_examples=40)
@given(answers(), TYPES)
def test_no_rule_fails_and_findings_are_whole(given: dict[str, Value], name: str) -> None:
    given["fleet.instance_type"] = name
    for facts in (None, FACTS):
        for finding in check(made(given), facts, now=NOW):
            assert finding.field in KEYS
            assert finding.message.endswith(".")
            assert not finding.remedy.endswith(".")
            assert finding.remedy or finding.severity == "unknown"


@SLOW
@given(
    st.fixed_dictionaries(
        {
            "network.instance_subnet_ids": SUBNETS.map(tuple),
            "network.load_balancer_subnet_ids": SUBNETS.map(tuple),
            "fleet.instance_type": TYPES,
            "load_balancer.internal": st.booleans(),
            "network.ingress_cidrs": st.just(("10.0.0.0/8",)),
            "health_check.interval_seconds": st.integers(5, 20),
            "health_check.timeout_seconds": st.integers(2, 20),
        },
        optional={
            "task.memory": st.integers(6, 2_000_000),
            "task.cpu": st.integers(128, 196_608),
            "task.gpus": st.integers(1, 16),
            "task.host_port": st.integers(0, 65535),
            "task.log_retention_days": st.sampled_from([-1, 30]),
            "task.log_group": st.sampled_from(["/ecs/llm", "/ecs/old"]),
            "fleet.max_size": st.integers(1, 20),
            "fleet.initial_size": st.integers(0, 1),
            "fleet.key_name": st.just("nobodys"),
            "fleet.market": st.sampled_from(["on-demand", "spot"]),
            "service.desired_count": st.integers(0, 10),
            "service.distinct_instances": st.booleans(),
            "service.minimum_healthy_percent": st.integers(0, 100),
            "service.maximum_percent": st.integers(100, 200),
            "service.health_check_grace_seconds": st.integers(0, 200),
            "load_balancer.idle_timeout_seconds": st.integers(1, 4000),
            "task.network_mode": st.sampled_from(["bridge", "host", "awsvpc"]),
            "task.task_role_arn": st.just(ROLE + "nobodys"),
            "fleet.instance_profile_arn": st.just(PROFILE + "empty"),
            "health_check.port": st.sampled_from(["traffic-port", "80"]),
            "load_balancer.deregistration_delay_seconds": st.integers(0, 3600),
        },
    )
)
def test_a_fix_mends_what_it_is_for(changes: dict[str, Value]) -> None:
    given = {**ANSWERS, **changes}

    def alike(answers: dict[str, Value], finding: Finding) -> int:
        """Return the number of findings with its rule, severity and field."""
        sort = (finding.rule, finding.severity, finding.field)
        return sum((it.rule, it.severity, it.field) == sort for it in found(answers))

    for finding in found(given):
        if finding.fix is None:
            continue
        for key, value in finding.fix:
            assert not KEYS[key].problem(value), (finding, key)
        mended = apply_fix(finding, given)
        # One rule can have several findings about a field: this one must disappear, not only change
        # its text.
        assert alike(mended, finding) < alike(given, finding), finding
        assert finding.message not in {it.message for it in found(mended)}, finding
        assert made(mended).fleet.max_size >= made(given).fleet.max_size, finding
        was = {it.key for it in problems(given, resolve(given, None))}
        now = {it.key for it in problems(mended, resolve(mended, None))}
        assert now <= was, (finding, now - was)
