"""Rules cidr-bits, rule-limit and ingress-sources, and the refusal of an invalid range while it is
typed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gpuecs_tui.aws.facts import RULES_QUOTA
from gpuecs_tui.aws.network_facts import PrefixList
from gpuecs_tui.aws.reading import Known, Reading, Unknown, not_read
from gpuecs_tui.checks import Finding, findings_from_problems
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import resolve
from tests.support.fixes import apply_fix
from tests.support.small_account import ACCOUNT, ANSWERS, account, findings, group, known

CIDRS = "network.ingress_cidrs"


@pytest.mark.parametrize(
    ("typed", "says", "corrected"),
    [
        ("198.51.100.9/30", "the network is 198.51.100.8/30", "198.51.100.8/30"),
        ("10.1.2.3/8, 10.0.0.0/8", "the network is 10.0.0.0/8", "10.0.0.0/8"),
        ("198.51.100.9", "use 198.51.100.9/32", "198.51.100.9/32"),
        ("10.0.0.0/255.0.0.0", "must be written as 10.0.0.0/8", "10.0.0.0/8"),
        ("10.9.9.9/0", "every address", ""),
        ("2001:db8::/32", "IPv6", ""),
        ("::1/32", "IPv6", ""),
        ("10.0.0/8", "must be an IPv4 CIDR block", ""),
        ("0.0.0.0/0", "", "0.0.0.0/0"),
        ("198.51.100.9/32", "", "198.51.100.9/32"),
    ],
)
def test_a_range_as_typed(typed: str, says: str, corrected: str) -> None:
    key = KEYS[CIDRS]
    value = tuple(typed.replace(",", " ").split())
    reason = key.problem(value)
    assert says in reason if says else reason == ""
    assert key.corrected(typed) == corrected


def test_cidr_bits() -> None:
    answers: dict[str, Value] = {**ANSWERS, CIDRS: ("203.0.113.130/26", "10.0.0.0/8")}
    (found,) = findings_from_problems(problems(answers, resolve(answers, None))[:1], answers)
    assert (found.rule, found.severity, found.field) == ("cidr-bits", "error", CIDRS)
    assert apply_fix(found, answers)[CIDRS] == ("203.0.113.128/26", "10.0.0.0/8")

    (found,) = of("cidr-bits", ("10.0.0.0/8", "192.0.2.0/24", "10.2.0.0/16"))
    assert "10.2.0.0/16 in 10.0.0.0/8" in found.message
    assert found.fix == ((CIDRS, ("10.0.0.0/8", "192.0.2.0/24")),)
    assert of("cidr-bits", ("10.0.0.0/9", "10.128.0.0/9")) == []


def of(
    rule: str,
    cidrs: tuple[str, ...],
    quota: int | None = 60,
    more: dict[str, Value] | None = None,
) -> list[Finding]:
    quotas: dict[str, Reading[int]] = {} if quota is None else {RULES_QUOTA: known(quota)}
    facts = account(lookups=replace(account().lookups, quotas=quotas))
    answers: dict[str, Value] = {**ANSWERS, CIDRS: cidrs, **(more or {})}
    return [it for it in findings(facts, answers) if it.rule == rule]


def apart(number: int) -> tuple[str, ...]:
    return tuple(f"10.{place}.{place}.0/24" for place in range(number))


def test_rule_limit() -> None:
    assert of("rule-limit", apart(60)) == []
    (found,) = of("rule-limit", apart(61))
    assert (found.severity, found.field, found.fix) == ("error", CIDRS, None)
    assert "61 rules" in found.message
    assert of("rule-limit", apart(61), quota=100) == []
    # The port of the redirect needs the same number of rules again.
    https: dict[str, Value] = {
        "load_balancer.protocol": "HTTPS",
        "load_balancer.certificate_arn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/good",
    }
    assert of("rule-limit", apart(30), more=https) == []
    assert [it.severity for it in of("rule-limit", apart(31), more=https)] == ["error"]
    # So does the test listener.
    tested: dict[str, Value] = {
        "service.deployment_strategy": "blue_green",
        "service.test_port": 9000,
    }
    assert of("rule-limit", apart(30), more=tested) == []
    assert [it.severity for it in of("rule-limit", apart(31), more=tested)] == ["error"]
    # The account's own quota may be higher than the default.
    (found,) = of("rule-limit", apart(61), quota=None)
    assert found.severity == "warning" and "Could not read the account's quota: " in found.message
    # An existing group has its own rules.
    group: dict[str, Value] = {
        "network.load_balancer_security_group_ids": ("sg-00000000000000000",)
    }
    assert of("rule-limit", apart(70), more=group) == []


def test_neighbours_are_combined_by_one_key() -> None:
    (found,) = of("rule-limit", tuple(f"10.8.{place}.0/24" for place in range(64)))
    assert found.fix == ((CIDRS, ("10.8.0.0/18",)),)


LISTS, GROUPS = "network.ingress_prefix_list_ids", "network.ingress_security_group_ids"
CLIENTS = group("clients")


def sources(
    rule: str,
    lists: dict[str, PrefixList | Reading[PrefixList | None] | None],
    more: dict[str, Value],
) -> list[Finding]:
    readings = {
        id_: it if isinstance(it, Known | Unknown) else known(it) for id_, it in lists.items()
    }
    lookups = replace(account().lookups, quotas={RULES_QUOTA: known(60)}, prefix_lists=readings)
    facts = account(lookups=lookups, security_groups=known((CLIENTS, group("away", vpc="vpc-2"))))
    answers: dict[str, Value] = {**ANSWERS, LISTS: tuple(lists), **more}
    return [it for it in findings(facts, answers) if it.rule == rule]


def listed(rules: int | None, family: str = "IPv4") -> PrefixList:
    return PrefixList("pl-00000001", "offices", family, rules)


@pytest.mark.parametrize(
    ("rules", "more", "severity", "says"),
    [
        (55, {CIDRS: apart(5)}, "", ""),
        (55, {CIDRS: apart(6)}, "error", "6 CIDR blocks, prefix list pl-00000001 (55 rules)"),
        (59, {GROUPS: (CLIENTS.id,)}, "", ""),
        (60, {GROUPS: (CLIENTS.id,)}, "error", "1 security group, prefix list pl-00000001"),
        (30, {}, "", ""),
        (61, {}, "error", "on 1 listener port need 61 rules"),
        (None, {}, "unknown", "Could not count"),
        (None, {CIDRS: apart(61)}, "error", "61 CIDR blocks, prefix list pl-00000001 on"),
    ],
)
def test_a_prefix_list_counts_as_its_entries(
    rules: int | None, more: dict[str, Value], severity: str, says: str
) -> None:
    found = sources("rule-limit", {"pl-00000001": listed(rules)}, more)
    assert [it.severity for it in found] == ([severity] if severity else [])
    assert all(says in it.message for it in found)


@pytest.mark.parametrize(
    ("lists", "more", "severities", "says"),
    [
        ({"pl-00000001": listed(5)}, {}, [], ""),
        ({"pl-00000001": None}, {}, ["error"], "does not exist"),
        ({"pl-00000001": listed(5, "IPv6")}, {}, ["error"], "only IPv4"),
        ({"pl-00000001": not_read()}, {}, ["unknown"], "Could not check prefix list"),
        ({}, {GROUPS: (CLIENTS.id,)}, [], ""),
        ({}, {GROUPS: ("sg-00000000000000000",)}, ["unknown"], "no security group"),
        ({}, {GROUPS: (group("away").id,)}, ["unknown"], "a VPC other than"),
        (
            {},
            {GROUPS: (CLIENTS.id,), "load_balancer.internal": False},
            ["warning"],
            "private addresses of its members",
        ),
        ({}, {"network.load_balancer_security_group_ids": ("sg-00000000000000000",)}, [], ""),
    ],
)
def test_ingress_sources(
    lists: dict[str, Any], more: dict[str, Value], severities: list[str], says: str
) -> None:
    found = sources("ingress-sources", lists, more)
    assert [it.severity for it in found] == severities
    assert all(says in it.message for it in found)
