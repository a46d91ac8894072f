"""The rules about the load balancer's options."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gpuecs_tui.aws.log_bucket import DELIVERY, OWNERS, allows_delivery, objects, statement
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.stack.balancer.tls_policies import (
    API_DEFAULT,
    EARLIER,
    EARLIER_FIPS,
    OLD_VERSIONS,
    POLICIES,
    RECOMMENDED,
    RECOMMENDED_FIPS,
    successor,
)
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.resolve import resolve
from tests.support.fixes import apply_fix
from tests.support.small_account import ACCOUNT, ANSWERS, account, findings, known

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b"
HTTPS: dict[str, Value] = {
    "load_balancer.protocol": "HTTPS",
    "load_balancer.certificate_arn": CERTIFICATE,
}


@pytest.mark.parametrize(
    ("policy", "says", "better"),
    [
        (RECOMMENDED, "", ""),
        (EARLIER, "", ""),
        ("ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09", "", ""),
        (API_DEFAULT, "allows TLS 1.0 or 1.1", RECOMMENDED),
        ("ELBSecurityPolicy-TLS13-1-1-2021-06", "allows TLS 1.0 or 1.1", RECOMMENDED),
        ("ELBSecurityPolicy-TLS13-1-1-FIPS-2023-04", "allows TLS 1.0 or 1.1", RECOMMENDED_FIPS),
        ("ELBSecurityPolicy-TLS13-1-2-2021-60", "does not know the policy", ""),
        ("ELBSecurityPolicy-TLS13-1-3-PQ-2027-01", "does not know the policy", ""),
    ],
)
def test_tls_policy(policy: str, says: str, better: str) -> None:
    answers = {**ANSWERS, **HTTPS, "load_balancer.tls_policy": policy}
    found = [it for it in findings(account(), answers) if it.rule == "tls-policy"]
    assert [it.severity for it in found] == (["warning"] if says else [])
    if found:
        assert says in found[0].message
        assert bool(found[0].fix) is bool(better)
        assert found[0].remedy
    if better:
        answers = apply_fix(found[0], answers)
        assert answers["load_balancer.tls_policy"] == better
        assert not [it for it in findings(account(), answers) if it.rule == "tls-policy"]


def test_the_successor_of_a_fips_policy_is_a_documented_fips_policy() -> None:
    old = "ELBSecurityPolicy-TLS13-1-0-FIPS-PQ-2025-09"
    assert successor(old, "us-gov-west-1") == EARLIER_FIPS
    assert successor(old, "cn-north-1") == RECOMMENDED_FIPS
    assert {EARLIER_FIPS, RECOMMENDED_FIPS} <= POLICIES - OLD_VERSIONS


@pytest.mark.parametrize(
    ("region", "policy"),
    [("us-west-2", RECOMMENDED), ("cn-north-1", RECOMMENDED), ("us-gov-west-1", EARLIER)],
)
def test_the_default_policy_is_one_that_is_confirmed_for_the_partition(
    region: str, policy: str
) -> None:
    answers = {**ANSWERS, **HTTPS, "stack.region": region}
    assert resolve(answers, None).stack.load_balancer.tls_policy == policy


LOGS: dict[str, Value] = {
    "load_balancer.access_log_bucket": "logs",
    "load_balancer.access_log_prefix": "llm",
}
WHERE = ("us-east-1", ACCOUNT, "logs", "llm")
ALLOW = json.loads(statement(*WHERE))
OLD = {"AWS": f"arn:aws:iam::{OWNERS['us-east-1']}:root"}
ALL = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}
NOT_KMS = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
DENIED = Unknown("s3:GetBucketPolicy", "not allowed to call s3:GetBucketPolicy", "Ask for it.")


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([], False),
        ([ALLOW], True),
        ([{**ALLOW, "Principal": OLD}], True),
        ([{**ALLOW, "Principal": {"AWS": OWNERS["us-east-1"]}}], True),
        ([{**ALLOW, "Principal": {"AWS": OWNERS["eu-west-1"]}}], False),
        ([{**ALLOW, "Principal": {"Service": "delivery.logs.amazonaws.com"}}], False),
        ([{**ALLOW, "Action": ["s3:GetObject", "s3:Put*"]}], True),
        ([{**ALLOW, "Action": "s3:GetObject"}], False),
        ([{**ALLOW, "Resource": "arn:aws:s3:::logs/llm/*"}], True),
        ([{**ALLOW, "Resource": "arn:aws:s3:::logs/AWSLogs/*"}], False),
        ([{**ALLOW, "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}], None),
        ([{**ALLOW, "Condition": {}}, ALLOW], True),
        ([ALLOW, ALL], False),
        ([ALLOW, {**ALL, "Condition": PLAIN}], True),
        ([ALLOW, {**ALL, "Condition": {"Bool": {"aws:SecureTransport": False}}}], True),
        ([ALLOW, {**ALL, "Condition": {**PLAIN, **NOT_KMS}}], True),
        ([ALLOW, {**ALL, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}], None),
        ([ALLOW, {**ALL, "Action": "s3:PutObject", "Condition": NOT_KMS}], None),
        ([{**ALL, "Condition": NOT_KMS}], False),
    ],
)
def test_who_may_write_is_read_from_the_policy(
    statements: list[dict[str, Any]], allowed: bool | None
) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    assert allows_delivery(policy, "us-east-1", objects(*WHERE)) is allowed
    assert ALLOW["Principal"] == {"Service": DELIVERY}


@pytest.mark.parametrize(
    ("region", "statements", "severities", "says"),
    [
        (known("us-east-1"), [ALLOW], [], ""),
        (known("us-east-1"), [], ["error"], "does not allow"),
        (known("us-east-1"), [{**ALLOW, "Condition": PLAIN}], ["unknown"], "depends on conditions"),
        (known("us-east-1"), None, ["unknown"], "not allowed to call s3:GetBucketPolicy"),
        (known("eu-west-1"), [ALLOW], ["error"], "is in eu-west-1"),
        (known(""), [], ["error"], "does not exist"),
        (DENIED, [ALLOW], ["unknown"], "Could not check the Region"),
    ],
)
def test_access_logs(
    region: Any, statements: list[Any] | None, severities: list[str], says: str
) -> None:
    text = json.dumps({"Statement": statements})
    facts = account()
    facts = replace(
        facts,
        lookups=replace(
            facts.lookups,
            log_bucket_regions={"logs": region},
            log_bucket_policies={"logs": DENIED if statements is None else known(text)},
            log_bucket_encryptions={"logs": known("AES256")},
        ),
    )
    found = [it for it in findings(facts, {**ANSWERS, **LOGS}) if it.rule == "access-logs"]
    assert [it.severity for it in found] == severities
    if found:
        assert says in found[0].message
    if found and "policy of logs" in found[0].message.lower():
        assert statement(*WHERE) in found[0].remedy


@pytest.mark.parametrize(
    ("encryption", "severities", "says"),
    [
        (known(""), [], ""),
        (known("aws:kms"), ["error"], "encrypts with aws:kms"),
        (known("aws:kms:dsse"), ["error"], "supports only SSE-S3"),
        (DENIED, ["unknown"], "Could not check the encryption"),
    ],
)
def test_access_logs_need_the_encryption_of_s3(
    encryption: Any, severities: list[str], says: str
) -> None:
    facts = account()
    facts = replace(
        facts,
        lookups=replace(
            facts.lookups,
            log_bucket_regions={"logs": known("us-east-1")},
            log_bucket_policies={"logs": known(json.dumps({"Statement": ALLOW}))},
            log_bucket_encryptions={"logs": encryption},
        ),
    )
    found = [it for it in findings(facts, {**ANSWERS, **LOGS}) if it.rule == "access-logs"]
    assert [it.severity for it in found] == severities
    assert all(says in it.message for it in found)


def test_without_access_logs_no_bucket_is_missed() -> None:
    assert not [it for it in findings(account(), ANSWERS) if it.rule == "access-logs"]


ACL = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/limits/" + "0a" * 18


@pytest.mark.parametrize(
    ("arn", "listed", "severities", "says"),
    [
        ("", None, [], ""),
        (ACL, known(True), [], ""),
        (ACL, known(False), ["error"], "does not exist"),
        (ACL.replace("us-east-1", "eu-west-1"), None, ["error"], "is in eu-west-1"),
        (ACL, None, ["unknown"], "Could not check whether the web ACL exists"),
    ],
)
def test_web_acl(arn: str, listed: Any, severities: list[str], says: str) -> None:
    facts = account()
    if listed is not None:
        facts = replace(facts, lookups=replace(facts.lookups, web_acls={arn: listed}))
    answers = {**ANSWERS, "load_balancer.web_acl_arn": arn}
    found = [it for it in findings(facts, answers) if it.rule == "web-acl"]
    assert [it.severity for it in found] == severities
    assert all(says in it.message for it in found)
