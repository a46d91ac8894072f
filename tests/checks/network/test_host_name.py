"""Rule host-name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gpuecs_tui.aws.facts import HostedZone
from gpuecs_tui.aws.reading import not_read
from gpuecs_tui.checks import Finding
from gpuecs_tui.checks.network.host_name import covers
from gpuecs_tui.stack.fields import Value
from tests.support.small_account import ACCOUNT, ANSWERS, VPC, account, findings, known

CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/good"
HTTPS: dict[str, Value] = {
    "load_balancer.protocol": "HTTPS",
    "load_balancer.certificate_arn": CERTIFICATE,
}
HOST, ZONE = "load_balancer.host_name", "load_balancer.hosted_zone_id"
PUBLIC = HostedZone("Z1", "a.org", False)
PRIVATE = HostedZone("Z1", "a.org", True, (VPC,))


def of(facts: Any, answers: dict[str, Value]) -> list[Finding]:
    return [it for it in findings(facts, {**ANSWERS, **answers}) if it.rule == "host-name"]


@pytest.mark.parametrize(
    ("pattern", "host", "covered"),
    [
        ("a.org", "a.org", True),
        ("A.org", "a.org", True),
        ("a.org", "b.a.org", False),
        ("*.a.org", "b.a.org", True),
        ("*.a.org", "a.org", False),
        ("*.a.org", "c.b.a.org", False),
    ],
)
def test_the_names_that_a_certificate_covers(pattern: str, host: str, covered: bool) -> None:
    assert covers(pattern, host) is covered


@pytest.mark.parametrize(
    ("host", "changes", "severities", "says"),
    [
        ("", {}, [], ""),
        ("a.org", {}, [], ""),
        ("b.org", {}, ["error"], "covers a.org, but not b.org"),
        ("b.org", {"names": ("a.org", "b.org")}, [], ""),
        ("b.org", {"has_more_names": True}, ["unknown"], "more names than its list shows"),
        ("b.org", None, ["unknown"], "Could not check whether the certificate covers"),
    ],
)
def test_the_certificate_covers_the_name(
    host: str, changes: dict[str, Any] | None, severities: list[str], says: str
) -> None:
    facts = account()
    if changes is None:
        facts = replace(facts, certificates=not_read())
    else:
        certificates: Any = facts.certificates
        listed = tuple(
            replace(it, **changes) if it.arn == CERTIFICATE else it for it in certificates.value
        )
        facts = replace(facts, certificates=known(listed))
    found = of(facts, {**HTTPS, HOST: host})
    assert [it.severity for it in found] == severities
    assert all(says in it.message for it in found)
    assert not of(facts, {HOST: host})


@pytest.mark.parametrize(
    ("host", "zone", "more", "severities", "says"),
    [
        ("a.org", PUBLIC, {}, [], ""),
        ("b.a.org", PUBLIC, {}, [], ""),
        ("ba.org", PUBLIC, {}, ["error"], "ba.org is not a name in the hosted zone a.org"),
        ("a.org", None, {}, ["error"], "does not exist"),
        ("a.org", "unread", {}, ["unknown"], "Could not check hosted zone Z1"),
        ("a.org", PRIVATE, {}, [], ""),
        ("a.org", replace(PRIVATE, vpc_ids=()), {}, ["warning"], "does not answer in"),
        ("a.org", PRIVATE, {"load_balancer.internal": False}, ["warning"], "is private"),
    ],
)
def test_the_hosted_zone_covers_the_name(
    host: str, zone: Any, more: dict[str, Value], severities: list[str], says: str
) -> None:
    reading = not_read() if zone == "unread" else known(zone)
    facts = account()
    facts = replace(facts, lookups=replace(facts.lookups, hosted_zones={"Z1": reading}))
    found = of(facts, {HOST: host, ZONE: "Z1", **more})
    assert [it.severity for it in found] == severities
    assert all(says in it.message for it in found)
