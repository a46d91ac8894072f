"""The rules about the load balancer's options."""

from __future__ import annotations

import pytest

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.stack.tls_policies import API_DEFAULT, EARLIER, RECOMMENDED
from tests.support.fixes import apply_fix
from tests.support.small_account import ANSWERS, account, findings

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b"
HTTPS: dict[str, Value] = {
    "load_balancer.protocol": "HTTPS",
    "load_balancer.certificate_arn": CERTIFICATE,
}


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (RECOMMENDED, ""),
        (EARLIER, ""),
        ("ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09", ""),
        (API_DEFAULT, "allows TLS 1.0 or 1.1"),
        ("ELBSecurityPolicy-TLS13-1-1-2021-06", "allows TLS 1.0 or 1.1"),
        ("ELBSecurityPolicy-TLS13-1-2-2021-60", "does not know the policy"),
    ],
)
def test_tls_policy(policy: str, says: str) -> None:
    answers = {**ANSWERS, **HTTPS, "load_balancer.tls_policy": policy}
    found = [it for it in findings(account(), answers) if it.rule == "tls-policy"]
    assert [it.severity for it in found] == (["warning"] if says else [])
    if found:
        assert says in found[0].message
        answers = apply_fix(found[0], answers)
        assert answers["load_balancer.tls_policy"] == RECOMMENDED
        assert not [it for it in findings(account(), answers) if it.rule == "tls-policy"]


@pytest.mark.parametrize(
    ("region", "policy"),
    [("us-west-2", RECOMMENDED), ("cn-north-1", RECOMMENDED), ("us-gov-west-1", EARLIER)],
)
def test_the_default_policy_is_one_that_is_confirmed_for_the_partition(
    region: str, policy: str
) -> None:
    answers = {**ANSWERS, **HTTPS, "stack.region": region}
    assert resolve(answers, None).stack.load_balancer.tls_policy == policy
