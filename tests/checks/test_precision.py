"""500 random valid stacks over random accounts: fit and findings agree with a simulated placement.

Accounts differ in types, network interfaces, zones, subnets, addresses and quotas. The placement in
them is simulated (``simulation``), without the product's own calculations.
"""

from __future__ import annotations

from itertools import cycle, islice
from random import Random

from gpuecs_tui.aws.facts import AccountFacts, GpuInstance, Offering, Quota
from gpuecs_tui.aws.network_facts import Subnet
from gpuecs_tui.checks import Finding, check, rollout
from gpuecs_tui.checks.context import context_of
from gpuecs_tui.checks.sizing.options import at_its_fullest
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import resolve
from tests.support.small_account import ANSWERS, NOW, VPC, account, known

from .simulation import AGENT, Rolled, needed, placed, rolled

SEED = 20261123
STACKS = 500
PLACEMENT = {"memory-fit", "cpu-fit", "gpu-fit", "static-port", "port-range", "rollout-surge"}
"""The rules of which at least one must report that tasks never run."""
OTHERS = {
    "zone-offering": {"error", "warning"},
    "lb-zones": {"error"},
    "quota": {"error", "warning"},
    "free-addresses": {"error", "warning"},
}
"""Rules about the differences between the accounts, with every severity that they have there."""
ZONES = tuple(f"us-east-1{zone}" for zone in "abcd")
BALANCER_ADDRESSES = 8


def random_type(random: Random) -> InstanceType:
    memory = random.choice([4, 16, 61, 192, 1152]) * 1024
    measured = random.random() < 0.5
    return InstanceType(
        name=f"g{random.randint(3, 7)}.{random.randint(2, 48)}xlarge",
        vcpus=random.choice([2, 4, 8, 48, 192]),
        memory_mib=memory,
        gpus=random.choice([1, 1, 2, 4, 8, 16]),
        gpu_model="T4",
        gpu_memory_mib=16384,
        gpu_manufacturer="NVIDIA",
        architecture="x86_64",
        quota_family="G",
        max_enis=random.choice([None, 2, 3, 4, 8, 15]),
        registered_mib=int(memory * random.uniform(0.93, 0.98)) if measured else None,
        registered_source="measured" if measured else "assumed",
        ecs_support="documented",
    )


def random_account(random: Random, it: InstanceType) -> AccountFacts:
    subnets = tuple(
        Subnet(
            f"subnet-{n:017x}",
            "",
            VPC,
            random.choice(ZONES),
            f"10.0.{n}.0/24",
            random.choice([0, 3, 8, 9, 10, 12, 20, 200]),
            False,
        )
        for n in range(6)
    )
    zones = tuple(sorted(random.sample(ZONES, random.randint(0, 4))))
    running = GpuInstance("i-0", "g4dn.xlarge", "on-demand", random.choice([0, 4, 64]), "another")
    return account(
        instance_types=known((it,)),
        subnets=known(subnets),
        offerings=known((Offering(it.name, zones),)),
        quotas=known((Quota("L-DB2E81BA", "G", "on-demand", random.choice([0, 8, 96, 768])),)),
        gpu_instances=known((running,)),
    )


def random_answers(random: Random, it: InstanceType) -> dict[str, Value]:
    mode = random.choice(["bridge", "bridge", "host", "awsvpc"])
    answers: dict[str, Value] = {
        **ANSWERS,
        "fleet.instance_type": it.name,
        "task.network_mode": mode,
        "task.container_port": random.choice([80, 8000, 22]),
        "task.gpus": random.randint(1, min(16, it.gpus + 1)),
        "service.desired_count": random.randint(1, 12),
        "service.distinct_instances": random.random() < 0.3,
        "service.minimum_healthy_percent": random.choice([0, 40, 50, 75, 100, 100]),
        "service.maximum_percent": random.choice([100, 110, 150, 175, 200, 200]),
        "fleet.max_size": random.randint(1, 14),
        "network.instance_subnet_ids": tuple(
            f"subnet-{n:017x}" for n in sorted(random.sample(range(6), random.randint(1, 4)))
        ),
    }
    if mode == "bridge":
        answers["task.host_port"] = random.choice([0, 0, 80, 51678])
    if random.random() < 0.7:
        many = random.choice([1, 2, 3, 4, 8])
        answers["task.memory"] = max(6, int(it.memory_mib * random.uniform(0.85, 1.05)) // many)
    if random.random() < 0.5:
        share = random.choice([1.25, 1, 0.5, 0.3, 0.25])
        answers["task.cpu"] = max(128, int(it.vcpus * 1024 * share))
    return answers


def severities(found: list[Finding], rule: str) -> list[str]:
    return [it.severity.value for it in found if it.rule == rule]


def zones_told(stack: Stack, facts: AccountFacts) -> list[str]:
    """An instance starts only in a zone that offers its type."""
    (offering,) = facts.offerings.value  # type: ignore[union-attr]  # it is Known
    fits = [it.zone in offering.zones for it in chosen(stack, facts)]
    return [] if all(fits) else ["warning"] if any(fits) else ["error"]


def balancer_zones_told(stack: Stack, facts: AccountFacts) -> list[str]:
    """Return at least two zones with one subnet each."""
    zones = [it.zone for it in chosen(stack, facts)]
    return ["error"] if len({*zones}) < 2 or len({*zones}) < len(zones) else []


def quota_told(stack: Stack, facts: AccountFacts, it: InstanceType, least: int | None) -> list[str]:
    """Start one instance after the other until EC2 refuses."""
    (quota,), (other,) = facts.quotas.value, facts.gpu_instances.value  # type: ignore[union-attr]
    used, started = other.vcpus, 0
    while started < stack.fleet.max_size and used + it.vcpus <= quota.vcpus:
        used, started = used + it.vcpus, started + 1
    if started == stack.fleet.max_size:
        return []
    return ["error" if started < (least or 1) else "warning"]


def short_of_addresses(stack: Stack, facts: AccountFacts, tasks: int) -> int:
    """Return how many subnets run out if instances and awsvpc tasks use them in turn, starting with
    any."""
    subnets = chosen(stack, facts)
    wanted = stack.fleet.max_size + (tasks if stack.task.network_mode == "awsvpc" else 0)
    short = set()
    for begin in range(len(subnets)):
        left = {it.id: it.free_addresses - BALANCER_ADDRESSES for it in subnets}
        for it in islice(cycle(subnets), begin, begin + wanted):
            left[it.id] -= 1
        short |= {name for name, free in left.items() if free < 0}
    return len(short)


def chosen(stack: Stack, facts: AccountFacts) -> list[Subnet]:
    ids = stack.network.instance_subnet_ids
    return [it for it in facts.subnets.value if it.id in ids]  # type: ignore[union-attr]


def test_fit_and_findings_are_what_the_placement_comes_to() -> None:
    random = Random(SEED)
    seen = outcomes = 0
    told: set[str] = set()
    updates: list[Rolled] = []
    others: dict[str, set[str]] = {name: set() for name in OTHERS}
    while seen < STACKS:
        it = random_type(random)
        given, facts = random_answers(random, it), random_account(random, it)
        resolved = resolve(given, it)
        if problems(given, resolved):
            continue
        seen += 1
        stack = resolved.stack
        most = it.registered_mib or it.memory_mib - it.memory_mib // 64
        sure = min(most, it.memory_mib * 925 // 1000)
        found = context_of(stack, facts).fit
        assert found is not None
        case = (seen, it, given)

        findings = check(stack, facts, now=NOW)
        blocked = {it.rule for it in findings if it.severity == "error" and it.rule in PLACEMENT}
        told |= blocked
        wanted, size = stack.service.desired_count, stack.fleet.max_size
        # If no task certainly fits, the rules warn and continue with the number that fits at best.
        memory = sure if placed(stack, it, sure, 1, 1) else most
        runs = placed(stack, it, memory, size, wanted) == wanted
        assert runs == (not blocked), case
        outcomes += runs

        assert severities(findings, "zone-offering") == zones_told(stack, facts), case
        assert severities(findings, "lb-zones") == balancer_zones_told(stack, facts), case

        port = stack.task.container_port if stack.task.network_mode == "host" else 0
        if {port, stack.task.host_port} & AGENT:
            continue  # The task is never placed; the rule port-range reports that, not the fit.
        assert found.tasks_per_instance == placed(stack, it, most, 1, 99), case
        assert found.guaranteed == placed(stack, it, sure, 1, 99), case
        least = needed(stack, it, memory, wanted)
        assert found.instances_for(wanted) == least, case

        assert severities(findings, "quota") == quota_told(stack, facts, it, least), case
        at_once = placed(stack, it, memory, size, wanted * stack.service.maximum_percent // 100)
        if at_once:
            short = short_of_addresses(stack, facts, at_once)
            assert len(severities(findings, "free-addresses")) == short, case
        for name, severity in others.items():
            severity |= {*severities(findings, name)}

        if runs:
            update, plan = rolled(stack, it, memory), rollout(stack, found)
            shown = at_its_fullest(stack, found)
            assert severities(findings, "rollout-surge") == ([] if update.ends else ["warning"]), (
                case
            )
            assert plan.batch == update.first, case
            assert (shown.rounds, shown.instances) == (update.rounds, update.fullest), case
            updates.append(update)
    # Both results and every rule must have occurred, otherwise the comparison proves nothing.
    assert STACKS * 0.25 < outcomes < STACKS * 0.75
    assert told == PLACEMENT
    assert others == OTHERS
    assert 20 < sum(it.ends for it in updates) < len(updates) - 20
    assert {1, 2, 3} <= {it.rounds for it in updates}
